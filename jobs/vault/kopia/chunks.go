package kopia

import (
	"context"
	"encoding/json"
	"io"
	"runtime"
	"sync"

	"github.com/kopia/kopia/repo/object"
	"github.com/kopia/kopia/snapshot"
)

const (
	readBytes    = 256 << 10
	whole        = "FIXED-4M"       // a splitter that leaves our chunks alone
	listPrefix   = "x"              // puts lists of chunks among kopia's metadata
	listStream   = "kopia:indirect" // and marks them
	listIDPrefix = "I"              // an object that is a list
	mostHelpers  = 8
)

// newHelpers are those who hash, compress and encrypt beside the readers: a few
// more than processors, because some wait until a pack is on disk.
func newHelpers() chan struct{} {
	return make(chan struct{}, min(runtime.GOMAXPROCS(0)+2, mostHelpers))
}

// chunkList is how kopia keeps an object of many contents.
type chunkList struct {
	Stream  string                       `json:"stream"`
	Entries []object.IndirectObjectEntry `json:"entries"`
}

// chunks writes one object, in the form that kopia's own writer gives it: one
// content, or a list of them.
type chunks struct {
	ctx  context.Context
	name string
	w    *Writer

	wg   sync.WaitGroup
	mu   sync.Mutex
	err  error
	list []object.IndirectObjectEntry
	size int64
}

// store writes r as one object and completes e as its file. An error of r is the
// source's own, returned as it is; any other is the vault's.
func (w *Writer) store(ctx context.Context, e *snapshot.DirEntry, r io.Reader) error {
	c := &chunks{ctx: ctx, name: e.Name, w: w}
	err := c.read(r)
	c.wg.Wait()
	if err == nil {
		err = c.err
	}
	if err != nil {
		return err
	}
	id, err := c.id()
	if err != nil {
		return failure(err)
	}
	e.Type, e.FileSize, e.ObjectID = snapshot.EntryTypeFile, c.size, id
	return nil
}

// read cuts r into chunks until io.EOF.
func (c *chunks) read(r io.Reader) error {
	buf, n := c.w.buffer(), 0
	for {
		if err := c.failed(); err != nil {
			return err
		}
		k, err := r.Read((*buf)[n:min(n+readBytes, mostChunk)])
		c.w.meter.read.Add(int64(k))
		for at := cut((*buf)[:n+k], n); at > 0; at = cut((*buf)[:n+k], 0) {
			next := c.w.buffer()
			n, k = copy(*next, (*buf)[at:n+k]), 0
			c.add(buf, at)
			buf = next
		}
		n += k
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is a source that broke off
			if n > 0 || len(c.list) == 0 {
				c.put(c.next(n), (*buf)[:n])
			}
			c.w.buffers.Put(buf)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// failed ends a reading whose chunks can't be stored any more.
func (c *chunks) failed() error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// next makes room in the list for a chunk of n bytes.
func (c *chunks) next(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, object.IndirectObjectEntry{Start: c.size, Length: int64(n)})
	c.size += int64(n)
	return len(c.list) - 1
}

// add stores a chunk beside the reading, as soon as a helper is free.
func (c *chunks) add(buf *[]byte, n int) {
	i := c.next(n)
	select {
	case c.w.helpers <- struct{}{}:
	case <-c.ctx.Done():
		return
	}
	c.wg.Go(func() {
		defer func() { <-c.w.helpers }()
		c.put(i, (*buf)[:n])
		c.w.buffers.Put(buf)
	})
}

func (c *chunks) put(i int, chunk []byte) {
	id, err := c.write(chunk, object.WriterOptions{Compressor: fastest, Description: "FILE:" + c.name, MetadataCompressor: fastest, Splitter: whole})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list[i].Object = id
	if err != nil && c.err == nil {
		c.err = failure(err)
	}
}

func (c *chunks) write(data []byte, opt object.WriterOptions) (object.ID, error) {
	return c.w.write(c.ctx, data, opt)
}

func (w *Writer) write(ctx context.Context, data []byte, opt object.WriterOptions) (object.ID, error) {
	return w.heal.object(ctx, func() (object.ID, error) {
		to := w.session.NewObjectWriter(ctx, opt)
		defer to.Close()
		if _, err := to.Write(data); err != nil {
			return object.EmptyID, err
		}
		return to.Result()
	})
}

// id is the only chunk's, or that of the list of all.
func (c *chunks) id() (object.ID, error) {
	if len(c.list) == 1 {
		return c.list[0].Object, nil
	}
	text, err := json.Marshal(chunkList{listStream, c.list})
	if err != nil {
		return object.EmptyID, err
	}
	id, err := c.write(text, object.WriterOptions{Compressor: fastest, Description: "LIST(" + c.name + ")", MetadataCompressor: fastest, Prefix: listPrefix})
	if err != nil {
		return object.EmptyID, err
	}
	return object.ParseID(listIDPrefix + id.String())
}
