package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"levqor/jobs/config"
	"levqor/jobs/prune"
)

// dryPrune is `levqor prune --dry-run`: which old rows the workers would let go of now.
func dryPrune(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("prune", flag.ContinueOnError)
	dry := flags.Bool("dry-run", false, "count what would go; change nothing")
	if err := parse(flags, args); err != nil {
		return err
	}
	if !*dry {
		return errors.New("usage: levqor prune --dry-run (the workers prune each hour by themselves)")
	}
	svc, err := openServices(ctx, cfg)
	if err != nil {
		return err
	}
	defer svc.Close()
	plans, err := svc.Pruner.DryRun(ctx)
	if err != nil {
		return err
	}
	if err := svc.Pruner.Trusted(ctx); err != nil {
		if _, err := fmt.Fprintf(out, "Nothing goes while the clock is doubted: %s\n\n", explained(err)); err != nil {
			return err
		}
	}
	return tellPlans(plans, out)
}

func tellPlans(plans []prune.Plan, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(cells ...any) { _, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", cells...) } // Flush tells errors
	line("TABLE", "WOULD GO", "KEPT FOR", "WHY")
	for _, p := range plans {
		goes, kept := "-", "-"
		if p.Age != 0 {
			goes, kept = fmt.Sprint(p.Rows), fmt.Sprintf("%d days", p.Age/(24*time.Hour))
		}
		if p.Set != "" {
			goes += " emptied"
		}
		line(p.Table, goes, kept, p.Why)
	}
	return table.Flush()
}
