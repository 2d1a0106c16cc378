package report

import (
	"fmt"
	"strconv"
)

// missing is what a number is called that does not exist. It is never 0.
const missing = "not measured"

// size is a number of bytes in decimal units, as registries and disks count.
func size(n int64) string { return scaled(float64(n), 1000, "B", "kB", "MB", "GB", "TB") }

// memory is a number of bytes in binary units, as limits of memory are set.
func memory(n *int64) string {
	if n == nil {
		return missing
	}
	return scaled(float64(*n), 1024, "B", "KiB", "MiB", "GiB", "TiB")
}

// scaled shows about three digits: "434 B", "1.4 MB", "196 MB".
func scaled(n, step float64, units ...string) string {
	i := 0
	// 999.5 would be rounded to "1000 kB".
	for ; n >= step-0.5 && i < len(units)-1; i++ {
		n /= step
	}
	return digits(n, i > 0) + " " + units[i]
}

// digits shows one place behind the point below 10, when there is one to show.
func digits(n float64, fraction bool) string {
	if fraction && n < 9.95 {
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}

// duration shows milliseconds in the unit a person would use.
func duration(ms *float64) string {
	switch {
	case ms == nil:
		return missing
	case *ms < 9.95:
		return strconv.FormatFloat(*ms, 'f', 1, 64) + " ms"
	case *ms < 999.5:
		return strconv.FormatFloat(*ms, 'f', 0, 64) + " ms"
	case *ms < 59_950:
		return strconv.FormatFloat(*ms/1000, 'f', 1, 64) + " s"
	}
	s := int64(*ms/1000 + 0.5)
	if s < 3600 {
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
}

// milliseconds is duration for the whole numbers that stages are timed in.
func milliseconds(ms *int64) string {
	if ms == nil {
		return missing
	}
	f := float64(*ms)
	if f < 1 {
		return "under 1 ms"
	}
	if f < 10 {
		return strconv.FormatInt(*ms, 10) + " ms"
	}
	return duration(&f)
}

// difference shows how far apart two numbers are.
func difference(n *float64) string {
	if n == nil {
		return missing
	}
	return strconv.FormatFloat(*n, 'g', 3, 64)
}

// count puts a noun in the right number.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
