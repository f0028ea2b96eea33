// Package assist asks the AI service that this server's operator chose. A question
// is a task: row and job are committed together, a worker asks, and the reply is
// recorded once. What comes back is text of a stranger: whoever asked judges it.
package assist

import (
	"net/http"
	"time"

	"levqor/jobs/clock"
	"levqor/jobs/db"
	"levqor/jobs/queue"
	"levqor/jobs/secret"
	"levqor/jobs/task"
)

// Bounds of one question.
const (
	LongestQuestion = 60_000           // characters of all that is sent
	LongestReply    = 20_000           // characters that are kept
	Patience        = 30 * time.Minute // nobody waits longer for a reply

	mostTokens   = 2_000 // of a reply
	tryTime      = 90 * time.Second
	longestBody  = 1 << 20
	longestPause = 10 * time.Minute // whatever the service asks for
	keepTexts    = 7 * 24 * time.Hour
)

// Question is what is asked. The input is data that the instructions speak of.
type Question struct {
	Instructions string `json:"instructions"`
	Input        string `json:"input,omitempty"`
	JSON         bool   `json:"json,omitempty"` // the reply is a JSON object
}

// Reply is what the service said.
type Reply struct {
	task.Task
	Text   string
	Cut    bool
	Tokens int // of question and reply
}

// Options are the operator's.
type Options struct {
	URL    string // of any service that speaks OpenAI's chat completions
	Key    secret.Text
	Model  string
	Tokens int  // a month, for each workspace; 0: as many as it likes
	On     bool // there is a service to ask
}

// Assist is the line.
type Assist struct {
	db      *db.DB
	queue   *queue.Queue
	clock   *clock.Clock
	runner  *task.Runner
	options Options
	wire    http.RoundTripper
	tryTime time.Duration
}

// New makes it.
func New(d *db.DB, q *queue.Queue, c *clock.Clock, runner *task.Runner, o Options) *Assist {
	wire := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
		MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: 10 * time.Second,
	}
	return &Assist{db: d, queue: q, clock: c, runner: runner, options: o, wire: wire, tryTime: tryTime}
}

// On reports whether there is a service to ask.
func (a *Assist) On() bool { return a != nil && a.options.On }
