package drills

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
	"levqor/jobs/account"
	"levqor/jobs/drill"
	"levqor/locales"
	views "levqor/views/drills"
	"levqor/views/layout"
	"levqor/views/parts"
)

// earlier is how many proofs of a source stand beside one.
const earlier = 8

func show(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, actor := c.UserContext(), web.Actor(c)
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		p := views.ShowPage{CanProve: actor.Can(account.Operate)}
		if p.Drill, err = s.Services.Drills.Get(ctx, actor, id); err != nil {
			return err
		}
		if p.Drill.Passed != nil {
			p.Proof, err = certificate(ctx, s, actor, p.Drill)
		} else {
			_, p.Log, err = s.Services.Tasks.Get(ctx, actor, id)
		}
		if err != nil {
			return err
		}
		if web.IsFragment(c) {
			return web.Render(c, fiber.StatusOK, views.Drill(p))
		}
		p.Frame = s.Frame(c, title(ctx, p), layout.NavSources, string(p.Drill.Topic()))
		return web.Render(c, fiber.StatusOK, views.Show(p))
	}
}

func title(ctx context.Context, p views.ShowPage) string {
	if p.Proof == nil {
		return locales.T(ctx, "drills.page.drill", "name", p.Drill.SubjectName)
	}
	return locales.T(ctx, "drills.page.proof", "name", p.Proof.Doc.Source.Name, "date", locales.Date(ctx, p.Proof.Doc.FinishedAt))
}

// certificate reads the proof and looks whether what was kept is still what was
// signed: a certificate that is shown is one that verifies.
func certificate(ctx context.Context, s *web.Site, actor account.Actor, d drill.Drill) (*views.Certificate, error) {
	proof, err := s.Services.Drills.Proof(ctx, actor, d.ID)
	if err != nil {
		return nil, err
	}
	cert := &views.Certificate{Drill: d, Proof: proof, CanProve: actor.Can(account.Operate), Link: s.Services.Config.BaseURL + string(views.URL(d))}
	if cert.Doc, err = proof.Read(); err != nil {
		return nil, err
	}
	if raw, err := base64.StdEncoding.DecodeString(proof.PublicKey); err == nil {
		cert.Fingerprint = drill.PublicKey{Key: raw}.Fingerprint()
	}
	if cert.Problem, err = check(ctx, s, actor, proof); err != nil {
		return nil, err
	}
	if cert.History, err = s.Services.Drills.List(ctx, actor, drill.Filter{SourceID: d.SourceID, Proofs: true, Limit: earlier}); err != nil {
		return nil, err
	}
	if plan, err := s.Services.Backups.Plan(ctx, actor, d.PlanID); err == nil {
		cert.PlanThere, cert.NextAt = true, plan.NextDrillAt
	}
	return cert, nil
}

// check is what VerifyFile would say to whoever downloads it.
func check(ctx context.Context, s *web.Site, actor account.Actor, proof drill.Proof) (parts.Problems, error) {
	keys, err := s.Services.Drills.Keys(ctx, actor)
	if err != nil {
		return nil, err
	}
	file, err := json.Marshal(proof)
	if err != nil {
		return nil, err
	}
	_, err = drill.VerifyFile(file, keys)
	return parts.ProblemsOf(ctx, err), nil
}

// download is the file that `levqor verify-proof` takes.
func download(s *web.Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.ID(c, "id")
		if err != nil {
			return err
		}
		proof, err := s.Services.Drills.Proof(c.UserContext(), web.Actor(c), id)
		if err != nil {
			return err
		}
		file, err := json.Marshal(proof)
		if err != nil {
			return err
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+drill.ProofID(id)+`.json"`)
		return c.Send(file)
	}
}
