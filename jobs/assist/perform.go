package assist

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/sashabaranov/go-openai"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/queue"
	"levqor/jobs/task"
)

type finishing = func(context.Context, pgx.Tx) error

// Perform asks. It is called by a worker, with the job's id.
func (a *Assist) Perform(ctx context.Context, id uuid.UUID) error {
	return a.runner.Do(ctx, id, a.perform)
}

func (a *Assist) perform(ctx context.Context, active *task.Active) (finishing, error) {
	q, asked, err := a.question(ctx, active)
	if err != nil {
		return nil, err
	}
	if active.Now().Sub(asked) > Patience {
		return nil, fail.Work(nil, fail.ClassConfig, "assist.fail.late")
	}
	text, cut, tokens, err := a.ask(ctx, active.Task.ID, q)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx pgx.Tx) error { return record(ctx, tx, active.Task.ID, text, cut, tokens) }, nil
}

// ask is one try.
func (a *Assist) ask(ctx context.Context, id uuid.UUID, q Question) (text string, cut bool, tokens int, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.tryTime)
	defer cancel()
	settings := openai.DefaultConfig(a.options.Key.Reveal())
	settings.BaseURL = a.options.URL
	line := &line{RoundTripper: a.wire, id: id.String()}
	settings.HTTPClient = &http.Client{Transport: line, CheckRedirect: func(*http.Request, []*http.Request) error {
		return fail.Work(nil, fail.ClassConfig, "assist.fail.moved") // the key goes to nobody else
	}}
	response, err := openai.NewClientWithConfig(settings).CreateChatCompletion(ctx, a.request(q))
	if err != nil {
		return "", false, 0, a.explain(err, line.pause)
	}
	if len(response.Choices) == 0 {
		return "", false, 0, fail.Work(errors.New("a reply without choices"), fail.ClassTransient, "assist.fail.unreadable")
	}
	said := response.Choices[0]
	text, cut = bounded(said.Message.Content)
	tokens = response.Usage.TotalTokens
	if tokens <= 0 { // a service that does not count
		tokens = (len(q.Instructions) + len(q.Input) + len(said.Message.Content)) / 3
	}
	return text, cut || said.FinishReason == openai.FinishReasonLength, tokens, nil
}

func (a *Assist) request(q Question) openai.ChatCompletionRequest {
	request := openai.ChatCompletionRequest{Model: a.options.Model, Messages: []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: q.Instructions},
		{Role: openai.ChatMessageRoleUser, Content: q.Input},
	}}
	if q.Input == "" {
		request.Messages[0].Role = openai.ChatMessageRoleUser
		request.Messages = request.Messages[:1]
	}
	if q.JSON {
		request.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	if thinks(a.options.Model) { // such models refuse the older name
		request.MaxCompletionTokens = mostTokens
	} else {
		request.MaxTokens = mostTokens //nolint:staticcheck // many services know the older name alone
	}
	return request
}

func thinks(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}

// bounded is the reply as it can be kept.
func bounded(text string) (kept string, cut bool) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	if utf8.RuneCountInString(text) <= LongestReply {
		return text, false
	}
	return string([]rune(text)[:LongestReply]), true
}

// explain says why there is no reply. What the service wrote stays out of it: it
// may repeat the key, or the question.
func (a *Assist) explain(err error, pause time.Duration) error {
	status, code := 0, ""
	if said, ok := errors.AsType[*openai.RequestError](err); ok { // it may wrap an APIError without a status
		status = said.HTTPStatusCode
	} else if said, ok := errors.AsType[*openai.APIError](err); ok {
		status = said.HTTPStatusCode
		code, _ = said.Code.(string)
	}
	later := &queue.RetryLater{After: pause}
	if errors.Is(err, openai.ErrChatCompletionInvalidModel) {
		status = http.StatusNotFound
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fail.Work(nil, fail.ClassCredentials, "assist.fail.key")
	case status == http.StatusTooManyRequests && code == "insufficient_quota":
		return fail.Work(nil, fail.ClassQuota, "assist.fail.account")
	case status == http.StatusTooManyRequests:
		return fail.Work(later, fail.ClassTransient, "assist.fail.busy")
	case status == http.StatusNotFound:
		return fail.Work(nil, fail.ClassConfig, "assist.fail.model", "model", a.options.Model)
	case status >= http.StatusInternalServerError, status == http.StatusRequestTimeout, status == http.StatusConflict:
		return fail.Work(later, fail.ClassTransient, "assist.fail.down", "status", status)
	case status != 0:
		return fail.Work(nil, fail.ClassConfig, "assist.fail.refused", "status", status)
	}
	return a.unreached(err)
}

func (a *Assist) unreached(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fail.Work(nil, fail.ClassConfig, "assist.fail.large")
	}
	if known, ok := errors.AsType[*fail.Error](err); ok {
		return known
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fail.Work(err, fail.ClassTransient, "assist.fail.slow", "seconds", int(a.tryTime.Seconds()))
	}
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	if syntax || shape {
		return fail.Work(errors.New("a reply that is no JSON"), fail.ClassTransient, "assist.fail.unreadable")
	}
	return dial.Explain(err)
}
