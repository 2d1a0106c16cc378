package stage

// Background has work done while the stages go on. It ends before the run does;
// what it says, when it says something, is a warning.
func (r *Run) Background(work func() (warning string)) {
	done := make(chan string, 1)
	go func() { done <- work() }()
	r.background = append(r.background, done)
}

// settle waits for what goes on beside the stages.
func (r *Run) settle() {
	for _, done := range r.background {
		if warning := <-done; warning != "" {
			r.Result.Warnings = append(r.Result.Warnings, warning)
		}
	}
	r.background = nil
}
