package config

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// GraceDays is Grace in days.
func (c Config) GraceDays() int { return int(c.Grace / (24 * time.Hour)) }

func (c *Config) checkGrace(days string) error {
	n, err := strconv.Atoi(cmp.Or(days, "7"))
	if err != nil || n < 1 || n > 30 {
		return fmt.Errorf("LEVQOR_GRACE_DAYS: %q is not a number of days from 1 to 30", days)
	}
	c.Grace = time.Duration(n) * 24 * time.Hour
	return nil
}
