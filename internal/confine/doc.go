// Package confine takes the network and the privileges away from a command
// that an engine started with all of them, because closing the network takes
// that. What it leaves is what container runtimes give a command by default,
// and less: nothing of a model's runs before.
package confine
