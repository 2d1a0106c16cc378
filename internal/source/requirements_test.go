package source

import "testing"

func TestRequirements(t *testing.T) {
	data := []byte("# -r in a comment\nnumpy==2.0 \\\n    --hash=sha256:00\n-r base.txt\n--constraint=c.txt\n./wheels/x.whl\n-e .\n.\nhttps://example.com/x.whl\n--only-binary :all:\n")
	var lines []int
	for _, p := range Requirements("requirements.txt", data) {
		lines = append(lines, p.Line)
	}
	if len(lines) != 5 || lines[0] != 4 || lines[1] != 5 || lines[2] != 6 || lines[3] != 7 || lines[4] != 8 {
		t.Errorf("problems in the lines %v, want 4 to 8", lines)
	}
}
