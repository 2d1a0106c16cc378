module wine

go 1.19
