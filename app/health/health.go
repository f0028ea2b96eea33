// Package health answers what runs this server: is it up, can it work, how does it do.
package health

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"levqor/app/web"
	"levqor/jobs/overview"
	"levqor/jobs/services"
)

// Mount adds /healthz (the process runs), /readyz (its database answers and takes writes) and
// /metrics (Prometheus text).
func Mount(r fiber.Router, svc *services.Services) {
	r.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("ok\n") })
	r.Get("/readyz", func(c *fiber.Ctx) error {
		if err := svc.DB.Ready(c.UserContext()); err != nil {
			c.Set(fiber.HeaderRetryAfter, web.RetryAfter)
			return c.Status(fiber.StatusServiceUnavailable).SendString("the database does not answer, or takes no writes\n")
		}
		return c.SendString("ready\n")
	})
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.Get("/metrics", func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
		defer cancel()
		counted := prometheus.NewRegistry()
		counted.MustRegister(newGauges(ctx, svc.Overview))
		return adaptor.HTTPHandler(promhttp.HandlerFor(prometheus.Gatherers{process, counted}, promhttp.HandlerOpts{}))(c)
	})
}

// gauges are the counts that one scrape reads from the database.
type gauges struct {
	ctx      context.Context
	overview *overview.Overview
	jobs     *prometheus.Desc
	oldest   *prometheus.Desc
	tasks    *prometheus.Desc
	up       *prometheus.Desc
}

func newGauges(ctx context.Context, o *overview.Overview) *gauges {
	return &gauges{
		ctx:      ctx,
		overview: o,
		jobs:     prometheus.NewDesc("levqor_jobs", "Jobs by queue and state.", []string{"queue", "state"}, nil),
		oldest:   prometheus.NewDesc("levqor_oldest_job_seconds", "How long the oldest job that could run has waited.", []string{"queue"}, nil),
		tasks:    prometheus.NewDesc("levqor_tasks_total", "Finished tasks by kind and state, all time.", []string{"kind", "state"}, nil),
		up:       prometheus.NewDesc("levqor_database_up", "1 when the database answered this scrape.", nil, nil),
	}
}

func (g *gauges) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{g.jobs, g.oldest, g.tasks, g.up} {
		out <- desc
	}
}

func (g *gauges) Collect(out chan<- prometheus.Metric) {
	counts, err := g.overview.Counts(g.ctx)
	if err != nil {
		out <- prometheus.MustNewConstMetric(g.up, prometheus.GaugeValue, 0)
		return
	}
	out <- prometheus.MustNewConstMetric(g.up, prometheus.GaugeValue, 1)
	for _, q := range counts.Jobs {
		out <- prometheus.MustNewConstMetric(g.jobs, prometheus.GaugeValue, float64(q.Count), q.Queue, q.State)
	}
	for _, q := range counts.Oldest {
		out <- prometheus.MustNewConstMetric(g.oldest, prometheus.GaugeValue, q.Seconds, q.Queue)
	}
	for _, k := range counts.Tasks {
		out <- prometheus.MustNewConstMetric(g.tasks, prometheus.CounterValue, float64(k.Count), k.Kind, k.State)
	}
}
