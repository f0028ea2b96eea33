package kopia

import (
	"bytes"
	"sync"
	"testing"

	"github.com/kopia/kopia/repo/compression"
)

func TestWhatIsCompressedHereEveryKopiaReads(t *testing.T) {
	t.Parallel()
	stock := compression.ByName[fastest]
	ours := &compressor{Compressor: stock}
	for name, data := range map[string][]byte{
		"nothing":               {},
		"a word":                []byte("hello"),
		"a chunk that shrinks":  bytes.Repeat([]byte("levqor "), mostChunk/7),
		"a chunk that does not": noiseBytes(1, mostChunk),
		"a list beyond a chunk": append(noiseBytes(2, 2*mostChunk), noiseBytes(2, mostChunk)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					var pressed, back bytes.Buffer
					if err := ours.Compress(&pressed, bytes.NewReader(data)); err != nil {
						t.Error(err)
					}
					if err := stock.Decompress(&back, &pressed, true); err != nil || !bytes.Equal(back.Bytes(), data) {
						t.Errorf("%d bytes came back as %d, %v", len(data), back.Len(), err)
					}
				})
			}
			wg.Wait()
		})
	}
}
