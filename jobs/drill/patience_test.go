package drill

import (
	"testing"
	"time"
)

func TestPatience(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes     int64
		objective time.Duration
		want      time.Duration
	}{
		{0, 0, 30 * time.Minute},
		{1 << 20, 7 * 24 * time.Hour, 30 * time.Minute}, // a small copy with a boundless objective
		{1 << 40, time.Hour, 2 * time.Hour},
		{1 << 40, time.Minute, 30 * time.Minute},
		{20 << 30, 24 * time.Hour, 30*time.Minute + 10240*time.Second},
	} {
		if got := patience(c.bytes, c.objective); got != c.want {
			t.Errorf("%d bytes, %s: %s, want %s", c.bytes, c.objective, got, c.want)
		}
	}
}
