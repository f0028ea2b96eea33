package workflows

import (
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/workflow/flow"
	"levqor/locales"
	"levqor/views/parts"
	views "levqor/views/workflows"
)

// export answers with the draft as a file.
func export(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		found, err := workflowOf(s, c)
		if err != nil {
			return err
		}
		text, err := found.Draft.YAML()
		if err != nil {
			return err
		}
		c.Attachment(fileName(found.Name) + ".yaml")
		c.Set(fiber.HeaderContentType, "application/yaml; charset=utf-8")
		return c.Send(text)
	}
}

func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) && r < unicode.MaxASCII || unicode.IsDigit(r) && r < unicode.MaxASCII {
			return unicode.ToLower(r)
		}
		return '-'
	}, name)
	words := strings.FieldsFunc(clean, func(r rune) bool { return r == '-' })
	if len(words) == 0 {
		return "workflow"
	}
	return strings.Join(words, "-")
}

// replace makes what was pasted the draft, as one edit that can be undone.
func replace(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		if err := actor.Require(account.Manage); err != nil {
			return err
		}
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		shown := views.Editor{Open: "import", YAML: c.FormValue("yaml")}
		draft, err := flow.ParseYAML([]byte(shown.YAML))
		if err == nil {
			_, err = s.Services.Workflows.Edit(ctx, actor, id, revision(c), flow.Op{Kind: flow.Replace, Definition: &draft})
		}
		if err != nil {
			return again(s, c, err, shown)
		}
		s.Say(c, parts.Good, locales.T(ctx, "workflows.said.imported"))
		return back(c, id, "", "")
	}
}
