package dial

import (
	"errors"
	"io"
	"net/http"
)

// maxAnswer is how long an answer may be that is held in memory, such as a page of
// a listing: a thousand keys with all that stands beside them take a tenth.
const maxAnswer = 8 << 20

// ErrEndless ends an answer that is longer.
var ErrEndless = errors.New("the answer has no end")

// Answers bounds what an S3 store may answer, but for objects: whoever asked for
// one reads it piece by piece.
type Answers struct{ http.RoundTripper }

// RoundTrip asks, and bounds the answer.
func (a Answers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := a.RoundTripper.RoundTrip(r)
	if err == nil && (r.Method != http.MethodGet || answer.StatusCode >= http.StatusMultipleChoices || r.URL.RawQuery != "") {
		answer.Body = &bounded{ReadCloser: answer.Body, left: maxAnswer}
	}
	return answer, err
}

type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrEndless
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
