package kopia

import (
	"encoding/binary"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/kopia/kopia/repo/compression"
)

// compressor stands in for kopia's zstd-fastest, and every kopia reads what it
// writes. Kopia's own is made for long files: it keeps 8 MB and a goroutine or
// two for each. Ours is made for chunks, of which several are compressed side by
// side: a window no longer than a chunk, on the helper's own goroutine. It leaves
// out zstd's checksum, because a content is hashed and sealed as a whole.
type compressor struct {
	compression.Compressor // kopia's own, which also reads

	idle sync.Pool
}

// compressOurWay is for the whole process, before it opens its first vault.
func compressOurWay() {
	const id = compression.HeaderZstdFastest
	compression.ByHeaderID[id] = &compressor{Compressor: compression.ByHeaderID[id]}
}

func (c *compressor) Compress(to io.Writer, from io.Reader) error {
	if _, err := to.Write(binary.BigEndian.AppendUint32(nil, uint32(c.HeaderID()))); err != nil {
		return err
	}
	e, err := c.encoder()
	if err != nil {
		return err
	}
	defer c.idle.Put(e)
	e.Reset(to)
	if _, err := e.ReadFrom(from); err != nil {
		return err
	}
	return e.Close()
}

func (c *compressor) encoder() (*zstd.Encoder, error) {
	if e, ok := c.idle.Get().(*zstd.Encoder); ok {
		return e, nil
	}
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(mostChunk), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
}
