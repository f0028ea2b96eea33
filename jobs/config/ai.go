package config

import (
	"fmt"
	"net/url"
	"strconv"
)

const openAI = "https://api.openai.com/v1"

// AI reports whether there is an AI service to ask: a key, or an address of the
// operator's own, which may want none.
func (c Config) AI() bool { return c.AIKey != "" || c.AIURL != "" && c.AIURL != openAI }

func (c *Config) checkAI(tokens string) error {
	if u, err := url.Parse(c.AIURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return fmt.Errorf("LEVQOR_AI_URL: %q is not an address such as %s", c.AIURL, openAI)
	}
	if tokens == "" {
		return nil
	}
	n, err := strconv.Atoi(tokens)
	if err != nil || n < 0 {
		return fmt.Errorf("LEVQOR_AI_TOKENS: %q is not a number of tokens", tokens)
	}
	c.AITokens = n
	return nil
}
