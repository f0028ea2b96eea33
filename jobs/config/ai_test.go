package config_test

import (
	"fmt"
	"strings"
	"testing"

	"levqor/jobs/config"
)

func read(env map[string]string) (config.Config, error) {
	return config.Read(func(name string) string { return env[name] })
}

func TestAI(t *testing.T) {
	t.Parallel()
	t.Run("refused in a line that names the variable", func(t *testing.T) {
		for name, value := range map[string]string{"LEVQOR_AI_URL": "api.example.com", "LEVQOR_AI_TOKENS": "many"} {
			if _, err := read(map[string]string{name: value}); err == nil || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
		if _, err := read(map[string]string{"LEVQOR_AI_URL": "https://user:word@api.example.com"}); err == nil {
			t.Error("an address with a password is taken")
		}
	})
	t.Run("there is a service once it has a key or an address", func(t *testing.T) {
		for want, env := range map[bool][]map[string]string{
			false: {{}, {"LEVQOR_AI_MODEL": "small"}, {"LEVQOR_AI_URL": "https://api.openai.com/v1/"}},
			true:  {{"LEVQOR_AI_KEY": "canary"}, {"LEVQOR_AI_URL": "http://127.0.0.1:11434/v1"}},
		} {
			for _, one := range env {
				if cfg, err := read(one); err != nil || cfg.AI() != want {
					t.Errorf("%v: %v, %v", one, cfg.AI(), err)
				}
			}
		}
	})
	t.Run("the key does not print", func(t *testing.T) {
		cfg, err := read(map[string]string{"LEVQOR_AI_KEY": "canary"})
		if err != nil || strings.Contains(fmt.Sprintf("%v %+v", cfg, cfg), "canary") {
			t.Errorf("%+v, %v", cfg, err)
		}
	})
}
