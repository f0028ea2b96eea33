package queue

import "time"

// RetryLater asks a worker to run the job again after a while: the attempt
// failed for a passing reason, or the process is stopping.
type RetryLater struct{ After time.Duration }

func (r *RetryLater) Error() string { return "run again after " + r.After.String() }
