package main

import (
	"time"

	"github.com/spf13/cobra"
)

// flags are what a person decides for one run; everything about the model is in slipway.yaml.
type flags struct {
	publish   string
	tags      []string
	out       string
	engine    string
	probe     string
	platforms []string
	timeout   time.Duration
	fresh     bool
	frozen    bool
	// relock is a run that writes slipway.lock anew; update takes nothing over from the one that is there.
	relock, update bool
	json           bool
	offline        bool
}

func (f *flags) add(cmd *cobra.Command) {
	f.addPlan(cmd)
	f.addEngine(cmd)
	f.addJSON(cmd)
}

// addEngine adds the flags of what runs in an engine.
func (f *flags) addEngine(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.engine, "engine", "", "address of a Dagger engine (unix://…, tcp://…); default: an open session, the environment, the runner file, Docker")
	fs.StringVar(&f.probe, "probe", "", "path of a probe binary for the image's platform, instead of our own")
	fs.DurationVar(&f.timeout, "timeout", time.Hour, "end the run after this time; 0: never")
}

// addJSON adds the flag of what ends with a result.
func (f *flags) addJSON(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print the result as JSON to standard output at the end, progress to standard error")
}

// addOut adds the flag that says where a result goes.
func (f *flags) addOut(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.out, "out", "", "directory for the result; default: below dist/, by the model's name")
}

// addPlatform adds the flag that says what the image is for.
func (f *flags) addPlatform(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.platforms, "platform", nil, "platform of the image, linux/amd64 or linux/arm64; may be repeated; default: build.platforms, else linux/amd64")
}

// addPlan adds the flags that a plan depends on.
func (f *flags) addPlan(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.publish, "publish", "", "where the image goes: none, oci:DIR or REPOSITORY; default: publish.image, else oci:OUT/image")
	fs.StringArrayVar(&f.tags, "tag", nil, "tag to write, instead of those that follow from the event; may be repeated")
	f.addOut(cmd)
	f.addPlatform(cmd)
	fs.BoolVar(&f.fresh, "fresh", false, "look no layer up: make everything again")
	fs.BoolVar(&f.frozen, "frozen", false, "refuse to run when slipway.lock is missing or stale")
}
