// Package forms is the public pages whose answers start workflows. The secret part
// of the address is all that anybody needs: there is no session here.
package forms

import (
	"github.com/gofiber/fiber/v2"

	"levqor/app/web"
)

// Mount adds what people reach signed out.
func Mount(r fiber.Router, s *web.Site) {
	r.Get("/forms/:token", show(s))
	r.Post("/forms/:token", s.OutOfQuarantine, submit(s))
	r.Get("/forms/:token/thanks", thanks(s))
}
