package postgres

import (
	"context"
	"io"
	"net"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"levqor/jobs/fail"
)

// What a server may tell us about itself over one connection; its rows come by
// pg_dump, which nobody holds in memory. This is the catalogue of about 300,000
// tables. A hostile one would go on for ever.
const (
	maxTold    = 32 << 20
	maxMessage = 4 << 20
)

// bounded keeps a connection from filling our memory.
func bounded(config *pgx.ConnConfig) {
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &told{Conn: conn}, nil
	}
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(maxMessage)
		return f
	}
	// Nobody reads them, and pgx would keep nothing; a server may send them without end.
	config.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
}

// told is a connection that ends after maxTold bytes.
type told struct {
	net.Conn
	bytes atomic.Int64
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if t.bytes.Add(int64(n)) > maxTold {
		return 0, fail.Work(err, fail.ClassConfig, "postgres.fail.endless", "megabytes", maxTold>>20)
	}
	return n, err
}

// maxSpill is what one assertion may keep on the disk while it thinks.
const maxSpill = "1GB"

// boundSpill bounds it, where the scratch server's superuser may.
func (c Config) boundSpill(ctx context.Context) error {
	if c.admin == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, c.admin)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, `ALTER ROLE `+ident(c.User)+` SET temp_file_limit = '`+maxSpill+`'`)
	return err
}
