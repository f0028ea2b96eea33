package live

import (
	"sync"

	"github.com/google/uuid"
)

// crowd counts who has how many streams open in this process.
type crowd struct {
	mu   sync.Mutex
	open map[uuid.UUID]int
}

// enter is false when the person has as many streams as anybody needs.
func (c *crowd) enter(person uuid.UUID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[person] >= mostOpen {
		return false
	}
	c.open[person]++
	return true
}

func (c *crowd) leave(person uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[person]--; c.open[person] == 0 {
		delete(c.open, person)
	}
}
