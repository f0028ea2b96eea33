package parts

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MeterProps is how much of an objective or allowance is used. Percent may
// exceed 100; the bar then stays full.
type MeterProps struct {
	Percent float64
	Tone    Tone   // Good, Warn, Bad, or Neutral
	Label   string // "70 % of the objective"
}

func (m MeterProps) width() string {
	return strconv.FormatFloat(math.Round(10*min(100, max(0, m.Percent)))/10, 'f', -1, 64)
}

// ProgressProps is work that moves. Known false: how far is not known.
type ProgressProps struct {
	Percent int
	Known   bool
	Label   string
}

// SparkProps is a small line of values, oldest first; Label says it in words.
type SparkProps struct {
	Values []float64
	Label  string
	Tall   bool // fills what room there is
}

const sparkWidth, sparkHeight = 240.0, 32.0

// line is the path of the values, scaled to fit.
func (s SparkProps) line() string {
	if len(s.Values) == 0 {
		return ""
	}
	low, high := s.Values[0], s.Values[0]
	for _, v := range s.Values {
		low, high = min(low, v), max(high, v)
	}
	var path strings.Builder
	for i, v := range s.Values {
		x := sparkWidth * float64(i) / float64(max(1, len(s.Values)-1))
		y := sparkHeight / 2
		if high > low {
			y = 30 - 28*(v-low)/(high-low)
		}
		fmt.Fprintf(&path, "%c%.4g %.4g", map[bool]byte{true: 'M', false: 'L'}[i == 0], x, y)
	}
	if len(s.Values) == 1 {
		fmt.Fprintf(&path, "H%.4g", sparkWidth)
	}
	return path.String()
}

func (s SparkProps) area() string {
	return s.line() + fmt.Sprintf("V%gH0Z", sparkHeight)
}
