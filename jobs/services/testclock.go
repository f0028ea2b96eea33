package services

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"levqor/jobs/db"
)

// MoveClock sets the product's clock to that moment and keeps the offset, so
// that a restart goes on with it. Only `levqor dev` with LEVQOR_TEST_CLOCK=1
// offers it.
func (s *Services) MoveClock(ctx context.Context, to time.Time) error {
	offset := time.Until(to)
	err := s.DB.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO test_clock (offset_us) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET offset_us = excluded.offset_us`, offset.Microseconds())
		return err
	})
	if err != nil {
		return fmt.Errorf("move the clock: %w", err)
	}
	s.Clock.Shift(offset)
	return nil
}

func (s *Services) readTestClock(ctx context.Context) error {
	if !s.Config.Dev || !s.Config.TestClock {
		return nil
	}
	var micros int64
	err := s.DB.AsSystem(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT offset_us FROM test_clock`).Scan(&micros)
	})
	if err != nil && !db.NoRows(err) {
		return err
	}
	s.Clock.Shift(time.Duration(micros) * time.Microsecond)
	return nil
}
