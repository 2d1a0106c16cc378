package expect

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number in the one form it has: digits without zeros at either
// end, times ten to exp. Two literals are the same number exactly when their
// decimals are equal, however large they are and however they are written.
type decimal struct {
	negative bool
	digits   string // empty: zero
	exp      string // an integer, as text: it may not fit any machine word
}

func normal(lit string) decimal {
	var d decimal
	lit, d.negative = strings.CutPrefix(lit, "-")
	mantissa, power, exponent := lit, "", new(big.Int)
	if i := strings.IndexAny(lit, "eE"); i >= 0 {
		mantissa, power = lit[:i], lit[i+1:]
		exponent.SetString(strings.TrimPrefix(power, "+"), 10)
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(d.digits, "0")
	exponent.Add(exponent, big.NewInt(int64(len(d.digits)-len(trimmed)-len(fraction))))
	d.digits = trimmed
	if d.digits == "" {
		return decimal{} // -0 and 0e9 are 0
	}
	d.exp = exponent.String()
	return d
}

// isInteger is true for a literal without fraction and exponent: 1, not 1.0.
// It is the way a number is written in the case that says how exact it is meant.
func isInteger(lit string) bool { return !strings.ContainsAny(lit, ".eE") }

// difference is how far apart two numbers are.
type difference struct {
	equal   bool
	abs     *big.Float // infinite when it cannot be calculated
	rel     *big.Float // nil when want is 0 or it cannot be calculated
	allowed *big.Float
}

// within is the rule |got - want| <= atol + rtol*|want|.
func (d difference) within() bool { return d.equal || d.abs.Cmp(d.allowed) <= 0 }

// maxBits bounds the work on a literal of a million digits. Whether two
// literals are equal is decided without it; how far apart they are is then
// known to a thousand digits.
const maxBits = 4096

// measure compares two literals under a tolerance. It calculates with enough
// bits for every digit that is written, and with the tolerance as it is
// written, so that 1.1 is within 0.1 of 1.0.
func measure(want, got string, tol Tolerance) difference {
	if w := normal(want); want == got || w == normal(got) {
		d := difference{equal: true, abs: new(big.Float)}
		if w != (decimal{}) {
			d.rel = new(big.Float)
		}
		return d
	}
	bits := uint(min(64+4*max(len(want), len(got), 32), maxBits))
	w, g := float(want, bits), float(got, bits)
	d := difference{abs: new(big.Float).SetInf(false), allowed: new(big.Float)}
	if w.IsInf() || g.IsInf() {
		return d // an exponent beyond 10^8: not equal is all there is to say
	}
	d.abs = new(big.Float).SetPrec(bits).Sub(g, w)
	d.abs.Abs(d.abs)
	size := new(big.Float).Abs(w)
	d.allowed.SetPrec(bits).Mul(written(tol.Rtol, bits), size)
	d.allowed.Add(d.allowed, written(tol.Atol, bits))
	if size.Sign() > 0 {
		d.rel = new(big.Float).SetPrec(bits).Quo(d.abs, size)
	}
	return d
}

// float parses a literal. One too large for a big.Float is infinite, one too small is 0.
func float(lit string, bits uint) *big.Float {
	f, _, err := big.ParseFloat(lit, 10, bits, big.ToNearestEven)
	switch {
	case err == nil:
		return f
	case strings.Contains(strings.ToLower(lit), "e-"):
		return new(big.Float)
	}
	return new(big.Float).SetInf(strings.HasPrefix(lit, "-"))
}

// written is a float64 as the decimal that a person wrote for it.
func written(x float64, bits uint) *big.Float {
	return float(strconv.FormatFloat(x, 'g', -1, 64), bits)
}

// finite is f as a float64, nil for nil. What is too large for one is given as the largest: JSON has no infinity.
func finite(f *big.Float) *float64 {
	if f == nil {
		return nil
	}
	x, _ := f.Float64()
	x = min(x, math.MaxFloat64)
	return &x
}

// short is f for a sentence.
func short(f *big.Float) string { return f.Text('g', 3) }
