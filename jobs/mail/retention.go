package mail

import "levqor/jobs/prune"

// Retention is how long this line's rows are kept. Links to sign in with go first:
// they are sealed, and nobody needs them an hour later.
func Retention() []prune.Rule {
	return []prune.Rule{
		{Table: "mails", Age: prune.Day, Where: "r.created_at < $1 AND r.kind IN ('sign_in', 'step_up')", Why: "a link or code that is stale after minutes"},
		{Table: "mails", Age: 90 * prune.Day, Where: "r.created_at < $1", Why: "to find out whether a mail went out"},
		{Table: "mail_days", Age: 90 * prune.Day, Where: "r.day < $1", Why: "what a day's allowance is counted by"},
	}
}
