package expect

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// decimal is a number in the one form it has: digits without zeros at either
// end, times ten to exp. Two literals are the same number exactly when their
// decimals are equal, however many digits they have and however they are written.
type decimal struct {
	negative bool
	digits   string // empty: zero
	exp      string // an integer, as text: it may not fit any machine word
}

func normal(lit string) decimal {
	var d decimal
	lit, d.negative = strings.CutPrefix(lit, "-")
	mantissa, power := lit, "0"
	if i := strings.IndexAny(lit, "eE"); i >= 0 {
		mantissa, power = lit[:i], strings.TrimPrefix(lit[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(all, "0")
	if d.digits == "" {
		return decimal{} // -0 and 0e9 are 0
	}
	shift := int64(len(all) - len(d.digits) - len(fraction))
	n, err := strconv.ParseInt(power, 10, 64)
	if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
		d.exp = power // nobody's number: equal only when written alike
		return d
	}
	d.exp = strconv.FormatInt(n+shift, 10)
	return d
}

const (
	// maxDigits bounds the work on a literal of a million digits: whether two
	// literals are equal is decided without it, how far apart they are is then
	// known to a thousand digits.
	maxDigits = 1000
	// maxExponent bounds the work on 1e999999999. It is beyond the range of any
	// floating-point type (10^4932 for 128 bits). What is larger is infinite to
	// a calculation, what is smaller is 0.
	maxExponent = 5000
)

// float is the decimal for a calculation with the given precision.
func (d decimal) float(bits uint) *big.Float {
	digits, zeros := d.digits, 0
	if len(digits) > maxDigits {
		digits, zeros = digits[:maxDigits], len(digits)-maxDigits
	}
	exp, err := strconv.Atoi(d.exp)
	magnitude := exp + len(d.digits)
	switch {
	case d.digits == "", err != nil && strings.HasPrefix(d.exp, "-"), err == nil && magnitude < -maxExponent:
		return new(big.Float).SetPrec(bits)
	case err != nil, magnitude > maxExponent:
		return new(big.Float).SetPrec(bits).SetInf(d.negative)
	}
	f, _, err := big.ParseFloat(digits+"e"+strconv.Itoa(exp+zeros), 10, bits, big.ToNearestEven)
	if err != nil {
		panic("a decimal that is none: " + err.Error()) // digits and exponent were checked above
	}
	if d.negative {
		f.Neg(f)
	}
	return f
}

// bounded is a literal that others can calculate with in bounded time: the same
// number, but beyond maxDigits and maxExponent.
func bounded(lit string) string {
	d := normal(lit)
	if d.digits == "" {
		return "0"
	}
	exp, err := strconv.Atoi(d.exp)
	magnitude := exp + len(d.digits)
	if err == nil && len(lit) <= maxDigits && -maxExponent <= magnitude && magnitude <= maxExponent {
		return lit
	}
	if err != nil {
		magnitude = maxExponent
		if strings.HasPrefix(d.exp, "-") {
			magnitude = -maxExponent
		}
	}
	d.digits = d.digits[:min(len(d.digits), maxDigits)]
	exp = max(-maxExponent, min(maxExponent, magnitude)) - len(d.digits)
	sign := ""
	if d.negative {
		sign = "-"
	}
	return sign + d.digits + "e" + strconv.Itoa(exp)
}

// isInteger is true for a literal without fraction and exponent: 1, not 1.0.
// It is the way a number is written in the case that says how exact it is meant.
func isInteger(lit string) bool { return !strings.ContainsAny(lit, ".eE") }

// difference is how far apart two numbers are.
type difference struct {
	equal   bool
	within  bool       // |got - want| <= atol + rtol*|want|
	abs     *big.Float // infinite when it cannot be calculated
	rel     *big.Float // nil when want is 0 or it cannot be calculated
	allowed *big.Float
}

// bounds is a Tolerance for calculation: the decimals that a person wrote for it.
type bounds struct{ rtol, atol *big.Float }

const toleranceBits = 256

func (t Tolerance) bounds() bounds {
	written := func(x float64) *big.Float {
		if !(x > 0) {
			return new(big.Float)
		}
		x = min(x, math.MaxFloat64)
		return normal(strconv.FormatFloat(x, 'g', -1, 64)).float(toleranceBits)
	}
	return bounds{written(t.Rtol), written(t.Atol)}
}

// measure compares two literals under a tolerance. It calculates with enough
// bits for every digit that is written, with the tolerance as it is written,
// and forgives what it rounds itself: 1.1 is within 0.1 of 1.0.
func measure(want, got string, tol bounds) difference {
	wanted, gotten := normal(want), normal(got)
	if wanted == gotten {
		d := difference{equal: true, within: true, abs: new(big.Float)}
		if wanted != (decimal{}) {
			d.rel = new(big.Float)
		}
		return d
	}
	bits := uint(128 + 4*min(maxDigits, max(len(wanted.digits), len(gotten.digits))))
	w, g := wanted.float(bits), gotten.float(bits)
	d := difference{abs: new(big.Float).SetInf(false), allowed: new(big.Float)}
	if w.IsInf() || g.IsInf() {
		return d
	}
	d.abs = new(big.Float).SetPrec(bits).Sub(g, w)
	d.abs.Abs(d.abs)
	size := new(big.Float).Abs(w)
	d.allowed.SetPrec(bits).Mul(tol.rtol, size)
	d.allowed.Add(d.allowed, tol.atol)
	rounding := new(big.Float).Add(size, d.abs)
	rounding.SetMantExp(rounding, 4-int(min(bits, toleranceBits)))
	d.within = d.abs.Cmp(rounding.Add(rounding, d.allowed)) <= 0
	if size.Sign() > 0 {
		d.rel = new(big.Float).SetPrec(bits).Quo(d.abs, size)
	}
	return d
}

// finite is f as a float64; nil for nil and for what is too large for one: JSON has no infinity.
func finite(f *big.Float) *float64 {
	if f == nil {
		return nil
	}
	x, _ := f.Float64()
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// short is f for a sentence.
func short(f *big.Float) string { return f.Text('g', 3) }
