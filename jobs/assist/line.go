package assist

import (
	"net/http"
	"strconv"
	"time"
)

// line is the connection of one try: it says which question this is, bounds what
// comes back, and hears when the service wants to be left alone.
type line struct {
	http.RoundTripper
	id    string
	pause time.Duration
}

func (l *line) RoundTrip(request *http.Request) (*http.Response, error) {
	own := request.Clone(request.Context())
	own.Header.Set("User-Agent", "Levqor")
	own.Header.Set("Idempotency-Key", l.id)
	response, err := l.RoundTripper.RoundTrip(own)
	if err != nil {
		return nil, err
	}
	l.pause = pauseOf(response.Header.Get("Retry-After"), time.Now())
	response.Body = http.MaxBytesReader(nil, response.Body, longestBody)
	return response, nil
}

// pauseOf reads Retry-After: seconds, or a moment.
func pauseOf(text string, now time.Time) time.Duration {
	pause := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		pause = time.Duration(min(max(seconds, 0), int(longestPause.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		pause = at.Sub(now)
	}
	return min(max(pause, 0), longestPause)
}
