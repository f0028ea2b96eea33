package alert

import (
	"levqor/jobs/fail"
	"levqor/jobs/task"
)

// verdict is what the end of a task means: at most one thing wrong, or things
// that are over.
type verdict struct {
	wrong    Kind
	class    fail.Class
	key      string
	args     map[string]any
	resolved []Kind
}

// outcome is what a drill's proof says; nil Passed: it left none.
type outcome struct {
	Passed *bool
	Good   *int
	Total  *int
}

// judge is the rule: a failure opens, a success resolves, a cancel says nothing.
func judge(t task.Task, proof outcome) verdict {
	switch {
	case t.Kind == task.Backup && t.State == task.Succeeded:
		return verdict{resolved: []Kind{BackupFailed, BackupOverdue}}
	case t.Kind == task.Backup && t.State == task.Failed:
		return verdict{wrong: BackupFailed, class: t.FailureClass, key: t.FailureKey, args: t.FailureArgs}
	case t.Kind == task.Drill && t.State == task.Failed:
		return verdict{wrong: ProofFailed, class: t.FailureClass, key: t.FailureKey, args: t.FailureArgs}
	case t.Kind == task.Drill && t.State == task.Succeeded && proof.Passed != nil && *proof.Passed:
		return verdict{resolved: []Kind{ProofFailed}}
	case t.Kind == task.Drill && t.State == task.Succeeded && proof.Passed != nil:
		return verdict{wrong: ProofFailed, key: "drill.fail.checks", args: map[string]any{
			"bad": count(proof.Total) - count(proof.Good), "total": count(proof.Total),
		}}
	}
	return verdict{}
}

func count(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
