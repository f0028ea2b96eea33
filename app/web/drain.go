package web

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

const (
	longestDrain = 5 * time.Second
	drainPause   = 300 * time.Millisecond
	drainBuffer  = 64 << 10
)

// Drain reads on what a client sends although it was refused, until it pauses:
// closing before would reset the connection, and the client would hear that in
// place of the answer.
func Drain(c *fiber.Ctx) {
	conn := c.Context().Conn()
	if conn == nil {
		return
	}
	buffer := make([]byte, drainBuffer)
	for end := time.Now().Add(longestDrain); time.Now().Before(end); {
		if conn.SetReadDeadline(time.Now().Add(drainPause)) != nil {
			return
		}
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}
