package help_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"levqor/app/apptest"
	"levqor/jobs/account"
	"levqor/views/help"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	h := apptest.New(t)
	viewer := h.Member(account.RoleViewer)
	index := viewer.Get("/help")
	if index.Status != 200 {
		t.Fatal(index.Status)
	}
	local := regexp.MustCompile(`<main.*`)
	link := regexp.MustCompile(`href="(/[^"#]*)"`)
	for _, topic := range help.Topics() {
		t.Run(topic.Name, func(t *testing.T) {
			path := string(topic.URL())
			if !strings.Contains(index.Body, `href="`+path+`"`) {
				t.Error("the list lacks it")
			}
			answer := viewer.Get(path)
			text := local.FindString(strings.ReplaceAll(answer.Body, "\n", " "))
			if answer.Status != 200 || strings.Contains(text, "help.topic") || strings.Contains(text, "## ") || strings.Count(text, "<h1") != 1 {
				t.Errorf("%d %.500s", answer.Status, text)
			}
			for _, to := range link.FindAllStringSubmatch(text, -1) {
				if there := viewer.Get(to[1]); there.Status != 200 {
					t.Errorf("leads to %s, which answers %d", to[1], there.Status)
				}
			}
		})
	}
	t.Run("a topic that is none is not there", func(t *testing.T) {
		if answer := viewer.Get("/help/nothing"); answer.Status != 404 {
			t.Error(answer.Status)
		}
	})
	t.Run("names every setting that there is, and no other", func(t *testing.T) {
		page := viewer.Get("/help/hosting").Body
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			t.Fatal(err)
		}
		names := settings(t)
		for name := range names {
			if !strings.Contains(page, ">"+name+"<") {
				t.Errorf("%s is not explained", name)
			}
			if !strings.Contains(string(readme), "`"+name+"`") {
				t.Errorf("README lacks %s", name)
			}
		}
		for _, match := range regexp.MustCompile("(?:<code[^>]*>|`)((?:LEVQOR|RESEND|DATABASE)_[A-Z_]+)(?:</code>|`)").FindAllStringSubmatch(page+string(readme), -1) {
			if !names[match[1]] {
				t.Errorf("%s is explained and does not exist", match[1])
			}
		}
	})
}

// settings are the variables that the configuration and the commands read.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	names := map[string]bool{}
	for _, name := range append(files, "../../jobs/config/config.go") {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?:get|Getenv)\("((?:LEVQOR|RESEND|DATABASE)_[A-Z_]+)"\)`).FindAllStringSubmatch(string(source), -1) {
			if !strings.HasSuffix(name, "_test.go") {
				names[match[1]] = true
			}
		}
	}
	return names
}
