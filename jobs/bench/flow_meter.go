package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// metered is what was used up to a moment.
type metered struct {
	app, db time.Duration
	wal     int64
}

func (s *street) meter(ctx context.Context) (m metered, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`).Scan(&m.wal); err != nil {
		return m, err
	}
	for _, pid := range []int{s.web.Process.Pid, s.worker.Process.Pid} {
		took, err := processTime(pid)
		if err != nil {
			return m, err
		}
		m.app += took
	}
	var master int
	if err := s.pool.QueryRow(ctx, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`).Scan(&master); err != nil {
		return m, err
	}
	m.db, err = familyTime(master)
	return m, err
}

// stat is the fields of /proc/<pid>/stat from the third on (proc_pid_stat(5)).
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])), nil
}

// ticks of the kernel's clock, which it shows programs as hundredths of a second.
func ticks(fields ...string) (total time.Duration) {
	for _, f := range fields {
		n, _ := strconv.ParseInt(f, 10, 64)
		total += time.Duration(n) * 10 * time.Millisecond
	}
	return total
}

// processTime is the user and system time of a process.
func processTime(pid int) (time.Duration, error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	return ticks(fields[11], fields[12]), nil
}

// familyTime is that of a process, its living children and those that ended.
func familyTime(parent int) (total time.Duration, err error) {
	fields, err := stat(parent)
	if err != nil {
		return 0, err
	}
	total = ticks(fields[11], fields[12], fields[13], fields[14])
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range all {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if child, err := stat(pid); err == nil && child[1] == strconv.Itoa(parent) {
			total += ticks(child[11], child[12])
		}
	}
	return total, nil
}

// peaks of memory of the web and the worker process.
func (s *street) peaks() (web, worker int64, err error) {
	if web, err = peakOf(strconv.Itoa(s.web.Process.Pid)); err != nil {
		return 0, 0, err
	}
	worker, err = peakOf(strconv.Itoa(s.worker.Process.Pid))
	return web, worker, err
}
