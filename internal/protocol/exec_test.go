package protocol

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	image := make([]string, 0, 8) // room for arguments, that must stay unused
	image = append(image, "python", "predict.py")
	for name, tc := range map[string]struct {
		r    Request
		want []string
	}{
		"the image's":                {Request{}, []string{"python", "predict.py"}},
		"with arguments":             {Request{Args: []string{"a.json"}}, []string{"python", "predict.py", "a.json"}},
		"its own":                    {Request{Command: []string{"./tool"}}, []string{"./tool"}},
		"its own with arguments":     {Request{Command: []string{"./tool"}, Args: []string{"-v"}}, []string{"./tool", "-v"}},
		"other arguments afterwards": {Request{Args: []string{"b.json"}}, []string{"python", "predict.py", "b.json"}},
	} {
		if diff := cmp.Diff(tc.want, tc.r.Run(image)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
