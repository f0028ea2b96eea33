package restore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"levqor/jobs/account"
	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/source"
	"levqor/jobs/source/bucket"
	"levqor/jobs/source/postgres"
)

// settled is an Input that was found right, with what is needed to act on it.
type settled struct {
	copy   copyRow
	truth  source.Truth
	in     Input
	target Target
	secret string // of a typed address
	tables []postgres.TableName
	whole  []string // databases that were chosen as a whole
}

// look is settle in a transaction of its own.
func (r *Restores) look(ctx context.Context, actor account.Actor, in Input) (s settled, err error) {
	err = r.db.InWorkspace(ctx, actor.Workspace, func(ctx context.Context, tx pgx.Tx) error {
		s, err = r.settle(ctx, tx, actor, in)
		return err
	})
	return s, err
}

// settle checks every field at once and fills in what was left open.
func (r *Restores) settle(ctx context.Context, tx pgx.Tx, actor account.Actor, in Input) (s settled, err error) {
	s.in = in
	if s.copy, err = findCopy(ctx, tx, in.SnapshotID); err != nil {
		return s, err
	}
	if err := json.Unmarshal(s.copy.Truth, &s.truth); err != nil {
		return s, fmt.Errorf("truth of snapshot %s: %w", s.copy.ID, err)
	}
	var form fail.Form
	if !in.Kind.valid() {
		form.Add("kind", "restore.field.kind")
		return s, form.Err()
	}
	form.Check(in.Kind.fits(s.copy.SourceKind), "kind", "restore.field.kind_fits")
	s.checkPaths(&form)
	if in.OverLive {
		s.checkLive(&form)
	}
	switch in.Kind {
	case Database:
		elsewhere, err := r.elsewhere(ctx, tx, actor, s)
		if err != nil {
			return s, err
		}
		s.checkDatabase(&form, r.clock.Now(), elsewhere)
	case Bucket:
		s.checkBucket(&form, r.options.Dial.Policy, r.clock.Now())
	case Folder:
		s.checkFolder(&form, r)
	}
	if err := r.checkPlace(ctx, tx, actor, &s, &form); err != nil {
		return s, err
	}
	return s, form.Err()
}

func (s *settled) checkLive(form *fail.Form) {
	form.Check(s.copy.SourceThere, "over_live", "restore.field.live_source")
	form.Check(s.in.Confirm == s.copy.SourceName, "confirm", "restore.field.confirm", "name", s.copy.SourceName)
	form.Check(s.in.SourceID == uuid.Nil || s.in.SourceID == s.copy.SourceID, "source_id", "restore.field.live_source")
	form.Check(s.in.Server == nil && s.in.Bucket == nil, "over_live", "restore.field.live_source")
	form.Check(s.in.Kind == liveKind(s.copy.SourceKind), "kind", "restore.field.live_kind")
	form.Check(len(s.in.Paths) == 0 || !s.isDatabase(), "paths", "restore.field.paths_live")
}

// liveKind is where a source's own data lives.
func liveKind(sourceKind string) TargetKind {
	switch source.Kind(sourceKind) {
	case source.Postgres:
		return Database
	case source.S3:
		return Bucket
	default:
		return Folder
	}
}

// elsewhere reports whether a database goes to another server than that of the
// copy's source, where its own name is nobody's live data. A server that has
// several addresses is one where the name is taken, which is refused too.
func (r *Restores) elsewhere(ctx context.Context, tx pgx.Tx, actor account.Actor, s settled) (bool, error) {
	if s.in.OverLive || s.in.Server == nil && (s.in.SourceID == uuid.Nil || s.in.SourceID == s.copy.SourceID) {
		return false, nil
	}
	own, err := r.sources.GetIn(ctx, tx, actor, s.copy.SourceID)
	if fail.Is(err, fail.NotFound) {
		return true, nil // its server is not known any more
	}
	if err != nil || own.Config.Postgres == nil {
		return false, err
	}
	at := own.Config.Postgres
	if typed := s.in.Server; typed != nil {
		return typed.Port != at.Port || !strings.EqualFold(typed.Host, at.Host), nil
	}
	other, err := r.sources.GetIn(ctx, tx, actor, s.in.SourceID)
	if fail.Is(err, fail.NotFound) || err == nil && other.Config.Postgres == nil {
		return false, nil // told where the place is looked up
	}
	return err == nil && (other.Config.Postgres.Port != at.Port || !strings.EqualFold(other.Config.Postgres.Host, at.Host)), err
}

func (s *settled) checkDatabase(form *fail.Form, now time.Time, elsewhere bool) {
	form.Check(s.in.Server == nil || s.in.SourceID == uuid.Nil, "source_id", "restore.field.typed_twice")
	names := maps.Clone(s.in.Names)
	if names == nil {
		names = map[string]string{}
	}
	checkNames(form, names, s.chosenDatabases(), s.in.OverLive, elsewhere)
	if len(names) == 0 {
		for _, name := range s.chosenDatabases() {
			names[name] = name
			if !s.in.OverLive {
				names[name] = NewName(name, dayIn(s.copy.Zone, now))
			}
		}
	}
	s.target.Names = names
	if server := s.in.Server; server != nil {
		typed := *server
		s.secret, s.target.Server = typed.Password.Reveal(), &typed
		s.target.Place = net.JoinHostPort(typed.Host, strconv.Itoa(typed.Port))
		addPrefixed(form, "server_", typed.config().Validate())
	}
}

func (v Server) config() postgres.Config {
	return postgres.Config{Host: v.Host, Port: v.Port, User: v.User, Password: v.Password.Reveal(), TLS: v.TLS, CA: v.CA}
}

func (v Store) config() bucket.Config {
	return bucket.Config{Endpoint: v.Endpoint, Region: v.Region, Bucket: v.Bucket, AccessKey: v.AccessKey, SecretKey: v.Secret.Reveal()}
}

func (s *settled) checkBucket(form *fail.Form, policy dial.Policy, now time.Time) {
	form.Check(s.in.Bucket == nil || s.in.SourceID == uuid.Nil, "source_id", "restore.field.typed_twice")
	form.Check(s.in.Bucket != nil || s.in.SourceID != uuid.Nil || s.copy.SourceKind == string(source.S3), "source_id", "restore.field.source")
	s.target.Prefix = s.in.Prefix
	switch {
	case s.in.Prefix == Root:
		s.target.Prefix = ""
	case s.in.Prefix == "" && !s.in.OverLive:
		s.target.Prefix = "restored-" + dayIn(s.copy.Zone, now).Format(time.DateOnly) + "-" + s.copy.ID.String()[28:] + "/"
	}
	form.Check(len(s.in.Prefix) <= 500 && (s.in.Prefix == Root || !strings.HasPrefix(s.in.Prefix, "/")) && !strings.ContainsAny(s.in.Prefix, "\x00\n\r"), "prefix", "restore.field.prefix")
	form.Check(!s.in.OverLive || s.in.Prefix == "", "prefix", "restore.field.live_source")
	if typed := s.in.Bucket; typed != nil {
		kept := *typed
		s.secret, s.target.Bucket = kept.Secret.Reveal(), &kept
		s.target.Place = "s3://" + path.Join(kept.Bucket, s.target.Prefix)
		addPrefixed(form, "bucket_", kept.config().Validate(policy))
		form.Check(s.secret != "", "bucket_secret_key", "restore.field.bucket_secret")
	}
}

func (s *settled) checkFolder(form *fail.Form, r *Restores) {
	if s.in.OverLive {
		return
	}
	s.target.Folder = r.options.Roots.Check(form, "folder", s.in.Folder)
	s.target.Place = s.target.Folder
}

// checkPlace looks up the connected source that the restore goes to.
func (r *Restores) checkPlace(ctx context.Context, tx pgx.Tx, actor account.Actor, s *settled, form *fail.Form) error {
	needed := s.in.Kind == Database || s.in.Kind == Bucket || s.in.OverLive
	if !needed || s.target.Place != "" || s.in.Kind == Bucket && s.in.SourceID == uuid.Nil && s.copy.SourceKind != string(source.S3) {
		return nil
	}
	id := s.in.SourceID
	if id == uuid.Nil || s.in.OverLive {
		id = s.copy.SourceID
	}
	found, err := r.sources.GetIn(ctx, tx, actor, id)
	if fail.Is(err, fail.NotFound) {
		form.Add("source_id", "restore.field.source")
		return nil
	}
	if err != nil {
		return err
	}
	s.target.SourceID = &id
	switch c := found.Config; {
	case s.in.Kind == Database && c.Postgres != nil:
		s.target.Place = net.JoinHostPort(c.Postgres.Host, strconv.Itoa(c.Postgres.Port))
	case s.in.Kind == Bucket && c.Bucket != nil:
		if s.in.OverLive {
			s.target.Prefix = c.Bucket.Prefix
		}
		s.target.Place = "s3://" + path.Join(c.Bucket.Bucket, s.target.Prefix)
	case s.in.Kind == Folder && c.Folder != nil:
		s.target.Folder, s.target.Place = c.Folder.Path, c.Folder.Path
	default:
		form.Add("source_id", "restore.field.source_kind")
	}
	return nil
}

// addPrefixed takes over the fields of another form under names of this one.
func addPrefixed(form *fail.Form, prefix string, err error) {
	f, ok := errors.AsType[*fail.Error](err)
	if !ok {
		return
	}
	for _, field := range f.Fields {
		pairs := []any{}
		for _, name := range slices.Sorted(maps.Keys(field.Args)) {
			pairs = append(pairs, name, field.Args[name])
		}
		form.Add(prefix+field.Name, field.Key, pairs...)
	}
}

// dayIn is now in the plan's zone, where people read the date.
func dayIn(zone string, now time.Time) time.Time {
	if at, err := time.LoadLocation(zone); err == nil {
		return now.In(at)
	}
	return now
}
