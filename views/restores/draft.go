package restores

import (
	"net/url"
	"strconv"

	"levqor/jobs/restore"
	"levqor/jobs/source"
	"levqor/views/layout"
	"levqor/views/parts"
)

// To is the choice of where a copy comes back, as the form names it.
type To string

const (
	ToBucket   To = "bucket" // a bucket that is not the source's own
	ToCopy     To = "copy"   // beside the live data: a new database, a new prefix
	ToDownload To = "download"
	ToFolder   To = "folder"
	ToLive     To = "live"   // over the live data
	ToServer   To = "server" // another server
)

// NewServer is the value of the lists of places for one that is typed.
const NewServer = "new"

// Draft is the form as somebody left it, but for secrets, which are never shown again.
type Draft struct {
	To           To
	Paths        []string
	CopyNames    map[string]string // database → its new name beside it
	ServerNames  map[string]string // and on another server
	ServerSource string            // a connected server's id, or NewServer
	Server       restore.Server
	BucketSource string
	Bucket       restore.Store
	CopyPrefix   string // in the source's own bucket
	Prefix       string // in another one
	Folder       string
}

// NewPage is the form of a restore.
type NewPage struct {
	Frame     layout.Frame
	Choice    restore.Choice
	Draft     Draft
	Sent      bool // the form was sent once: what was secret must be typed again
	Early     bool // the check came by itself: what is missing is not wrong yet
	Problems  parts.Problems
	Servers   []source.Source // connected ones, but for the copy's own
	Buckets   []source.Source
	Confirmed bool             // identity, just now
	Lang      string           // of the address, for the parts that are asked for later
	Summary   *restore.Summary // nil before the first check
}

// Address is the page of this draft, to come back to; it holds no secret and
// nothing that was typed as a confirmation.
func (d Draft) Address(snapshot string) string {
	query := url.Values{"path": d.Paths}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("to", string(d.To))
	for from, to := range d.CopyNames {
		query.Add("database", from)
		query.Add("copy_name", to)
		query.Add("server_name", d.ServerNames[from])
	}
	set("server_source", d.ServerSource)
	set("server_host", d.Server.Host)
	set("server_user", d.Server.User)
	set("server_tls", d.Server.TLS)
	set("server_ca", d.Server.CA)
	if d.Server.Port != 0 {
		set("server_port", strconv.Itoa(d.Server.Port))
	}
	set("bucket_source", d.BucketSource)
	set("bucket_endpoint", d.Bucket.Endpoint)
	set("bucket_region", d.Bucket.Region)
	set("bucket_bucket", d.Bucket.Bucket)
	set("bucket_access_key", d.Bucket.AccessKey)
	set("copy_prefix", d.CopyPrefix)
	set("prefix", d.Prefix)
	set("folder", d.Folder)
	return "/snapshots/" + snapshot + "/restores/new?" + query.Encode()
}
