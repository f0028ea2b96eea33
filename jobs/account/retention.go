package account

import "levqor/jobs/prune"

// Retention is how long this line's rows are kept.
func Retention() []prune.Rule {
	const settings = "settings: as long as their workspace"
	return []prune.Rule{
		{Table: "api_tokens", Why: "named in the audit log: as long as their workspace"},
		{Table: "audit_events", Age: 7 * 366 * prune.Day, Where: "r.at < $1", Call: `SELECT forget_audit($1, $2)`, Why: "who did what: seven years"},
		{Table: "invitations", Age: 90 * prune.Day, Where: "coalesce(r.accepted_at, r.revoked_at, r.expires_at) < $1", Why: "answered, or too old to be"},
		{Table: "members", Why: settings},
		{Table: "rate_limits", Why: "swept hourly: windows that are over"},
		{Table: "sessions", Age: 30 * prune.Day, Where: "coalesce(r.revoked_at, r.expires_at) < $1", Why: "ended: shown for a month"},
		{Table: "sign_in_links", Age: prune.Day, Where: "r.expires_at < $1", Why: "used or stale after minutes"},
		{Table: "users", Why: "as long as the person has an account"},
		{Table: "workspaces", Why: settings},
	}
}
