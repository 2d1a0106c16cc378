# loads model/ and answers by itself
