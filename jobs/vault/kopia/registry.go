package kopia

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/kopia/kopia/repo/blob"
)

// kopia opens a repository from a file that says how to reach its storage, and
// finds the storage in a registry of its own. So that no credential is written
// down, the file holds a token and this registry lends the open storage for it.

const lentType = "levqor-lent"

type lent struct {
	Token string `json:"token"`
}

var errNotLent = errors.New("the storage of this vault is no longer lent")

var (
	register = sync.OnceFunc(func() {
		blob.AddSupportedStorage(lentType, lent{}, borrow)
		compressOurWay()
	})
	storages  sync.Map // token → *metered
	lastToken atomic.Int64
)

func lend(st *metered) (token string, forget func()) {
	register()
	token = strconv.FormatInt(lastToken.Add(1), 10)
	st.token = token
	storages.Store(token, st)
	return token, func() { storages.Delete(token) }
}

func borrow(_ context.Context, l *lent, _ bool) (blob.Storage, error) {
	st, ok := storages.Load(l.Token)
	if !ok {
		return nil, errNotLent
	}
	return st.(*metered), nil
}

func connection(token string) blob.ConnectionInfo {
	return blob.ConnectionInfo{Type: lentType, Config: &lent{Token: token}}
}
