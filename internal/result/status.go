package result

// Status is the outcome of a run. The names are a contract.
type Status string

// The outcomes of a run.
const (
	Passed    Status = "passed"    // everything that ran, passed
	Failed    Status = "failed"    // the model's fault
	Errored   Status = "errored"   // could not be carried out: the engine, a registry, the network, us
	Invalid   Status = "invalid"   // the configuration or the command line is wrong
	Cancelled Status = "cancelled" // stopped from outside
)

// ExitCode is the exit code that both programs end with for this status.
func (s Status) ExitCode() int {
	switch s {
	case Passed:
		return 0
	case Failed:
		return 1
	case Invalid:
		return 2
	case Cancelled:
		return 130
	default:
		return 3
	}
}

// StageStatus is the outcome of one stage, case or gate.
type StageStatus string

// The outcomes of a stage.
const (
	StagePassed  StageStatus = "passed"
	StageFailed  StageStatus = "failed"
	StageErrored StageStatus = "errored"
	StageSkipped StageStatus = "skipped"
)
