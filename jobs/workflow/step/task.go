package step

import (
	"time"

	"github.com/google/uuid"

	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// How steps that begin a task wait: for a day, and while the same thing is being
// worked on already, for some hours until it is free.
const (
	taskTime  = 24 * time.Hour
	taskTries = 10
	taskFirst = 15 * time.Second
)

func untilTask(id uuid.UUID) *Wait { return &Wait{Kind: WaitTask, Ref: id} }

// refOf is the task or run that was waited for.
func refOf(answer map[string]any) uuid.UUID {
	text, _ := answer["ref"].(string)
	id, _ := uuid.Parse(text)
	return id
}

// ended is why a task that was waited for did not do what it should; nil when it did.
func ended(t task.Task) error {
	switch t.State {
	case task.Succeeded:
		return nil
	case task.Failed:
		return &fail.Error{Kind: fail.Upstream, Class: t.FailureClass, Key: t.FailureKey, Args: t.FailureArgs}
	case task.Canceled:
		return fail.Work(nil, fail.ClassCanceled, "step.fail.task_canceled", "name", t.SubjectName)
	default:
		return fail.Work(nil, fail.ClassTransient, "step.fail.task_late", "name", t.SubjectName)
	}
}

func seconds(t task.Task) float64 {
	if t.StartedAt == nil || t.FinishedAt == nil {
		return 0
	}
	return t.FinishedAt.Sub(*t.StartedAt).Seconds()
}
