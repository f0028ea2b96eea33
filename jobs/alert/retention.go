package alert

import "levqor/jobs/prune"

// Retention is how long this line's rows are kept. An open alert stays.
func Retention() []prune.Rule {
	return []prune.Rule{
		{Table: "alerts", Age: 400 * prune.Day, Where: "r.resolved_at < $1", Why: "what was wrong in the last year"},
		{Table: "notification_reads", Why: "one a member"},
		{Table: "notifications", Age: 90 * prune.Day, Where: "r.created_at < $1", Why: "the bell's list"},
	}
}
