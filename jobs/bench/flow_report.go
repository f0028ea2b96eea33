package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What workflows have promised.
const (
	reachReplyRate  = 800 // runs a second
	reachReplyP99   = 60 * time.Millisecond
	reachReplyCPU   = 2117 * time.Microsecond // a sixth of the 12.7 ms of n8n 2.40 on the same kind of machine
	reachTenRate    = 700
	reachTenAlone   = 5 * time.Millisecond
	reachTenCPU     = 1500 * time.Microsecond
	reachTenWAL     = 6 << 10
	reachRequests   = 150
	reachFan        = 20 * time.Millisecond
	reachIdleMedian = 15 * time.Millisecond
	reachIdleP99    = 60 * time.Millisecond
	reachFair       = 3.0
)

// typical is the median of rounds, figure by figure.
func typical(rounds []load) (m load) {
	var rates []float64
	var p50, p99, app, db []time.Duration
	var wal []int64
	for _, l := range rounds {
		rates, p50, p99, app, db, wal = append(rates, l.rate), append(p50, l.p50), append(p99, l.p99), append(app, l.app), append(db, l.db), append(wal, l.wal)
	}
	slices.Sort(rates)
	return load{rate: rates[len(rates)/2], p50: middle(p50), p99: middle(p99), app: middle(app), db: middle(db), wal: middle(wal)}
}

func (f *flows) reach() []figure {
	reply, ten, requests := typical(f.reply), typical(f.ten), typical(f.requests)
	rate := func(what string, got, want float64) figure {
		return figure{what, fmt.Sprintf("%.0f runs/s", got), fmt.Sprintf("≥ %.0f runs/s", want), got >= want}
	}
	within := func(what string, got, most time.Duration) figure {
		return figure{what, millis(got), "≤ " + millis(most), got <= most}
	}
	idle, busy := quantile(f.fairIdle, 99), quantile(f.fairBusy, 99)
	return []figure{
		rate("workflow, webhook to reply, 20 callers", reply.rate, reachReplyRate),
		within("workflow, webhook to reply, 20 callers: p99", reply.p99, reachReplyP99),
		within("workflow, webhook to reply: CPU a run, Postgres included", reply.app+reply.db, reachReplyCPU),
		rate("workflow, ten steps, 20 callers", ten.rate, reachTenRate),
		within("workflow, ten steps, alone: p50", quantile(f.tenAlone, 50), reachTenAlone),
		within("workflow, ten steps: CPU of Postgres a run", ten.db, reachTenCPU),
		{"workflow, ten steps: WAL a run", fmt.Sprintf("%.1f KB", float64(ten.wal)/1024), fmt.Sprintf("≤ %d KB", reachTenWAL>>10), ten.wal <= reachTenWAL},
		rate("workflow, ten http steps, 20 callers", requests.rate, reachRequests),
		within("workflow, fan-out of 100 and join, alone: p50", quantile(f.fanAlone, 50), reachFan),
		within("workflow, from the start to its first step, idle: p50", quantile(f.idle, 50), reachIdleMedian),
		within("workflow, from the start to its first step, idle: p99", quantile(f.idle, 99), reachIdleP99),
		{"workflow, start beside another workspace's queue: p99 against idle", fmt.Sprintf("%.2f ×", over(busy, idle)), fmt.Sprintf("≤ %.0f ×", reachFair), over(busy, idle) <= reachFair},
	}
}

func (f *flows) table(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Workflows\n\nA web and a worker process and a Postgres that syncs every commit, all on this machine with the callers: %d at once, each waiting for its run's reply. "+
		"Bare SQL writes the same rows for ten steps in three transactions, with no program between.\n\n"+
		"| | runs/s | p50 | p99 | CPU of web and worker | CPU of Postgres | WAL |\n|---|--:|--:|--:|--:|--:|--:|\n", callers)
	for _, row := range []struct {
		name   string
		rounds []load
	}{{"webhook, condition, set, reply", f.reply}, {"ten steps", f.ten}, {"ten steps in bare SQL", f.bound}, {"ten http steps", f.requests}} {
		m := typical(row.rounds)
		fmt.Fprintf(b, "| %s | %.0f | %s | %s | %s | %s | %.1f KB |\n", row.name, m.rate, millis(m.p50), millis(m.p99), millis(m.app), millis(m.db), float64(m.wal)/1024)
	}
	b.WriteString("\n| alone | p50 | p99 |\n|---|--:|--:|\n")
	for _, row := range []struct {
		name string
		took []time.Duration
	}{
		{"webhook, condition, set, reply", f.replyAlone}, {"ten steps", f.tenAlone}, {"fan-out of 100 and join", f.fanAlone},
		{"from a run's row to its first step", f.idle}, {"the same in a second workspace, idle", f.fairIdle},
		{fmt.Sprintf("and beside %d queued runs of the first (%.0f runs/s)", fairQueued, f.fairRate), f.fairBusy},
	} {
		fmt.Fprintf(b, "| %s | %s | %s |\n", row.name, millis(quantile(row.took, 50)), millis(quantile(row.took, 99)))
	}
	fmt.Fprintf(b, "\nPeak memory: web %d MB, worker %d MB.\n", f.webPeak/1e6, f.workerPeak/1e6)
}
