package vault

import (
	"net/url"
	"regexp"
	"strings"

	"levqor/jobs/dial"
	"levqor/jobs/fail"
	"levqor/jobs/roots"
	"levqor/jobs/vault/kopia"
)

const (
	maxName   = 80
	maxPrefix = 512
)

// bucketName is what S3 itself takes, and older names with capitals and _.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$`)

// check names every wrong field of a new vault and returns its place.
func (in Input) check(o Options) (Location, error) {
	var form fail.Form
	checkName(&form, in.Name)
	var at Location
	switch in.Kind {
	case Filesystem:
		at.Managed = in.Path == ""
		if !at.Managed {
			at.Path = o.Roots.Check(&form, "path", in.Path)
		}
	case S3:
		at = in.checkBucket(&form, o.Dial.Policy)
		form.Check(in.SecretKey != "", "secret_key", "vault.field.secret_key")
	default:
		form.Add("kind", "vault.field.kind")
	}
	return at, form.Err()
}

func (in Input) checkBucket(form *fail.Form, policy dial.Policy) Location {
	endpoint, plain, ok := cleanEndpoint(in.Endpoint)
	form.Check(ok, "endpoint", "vault.field.endpoint")
	form.Check(!plain || policy != dial.Public, "endpoint", "vault.field.endpoint_plain")
	form.Check(bucketName.MatchString(in.Bucket) && !strings.Contains(in.Bucket, ".."), "bucket", "vault.field.bucket")
	form.Check(len(in.Prefix) <= maxPrefix && !strings.ContainsAny(in.Prefix, "\x00\n\r") && !strings.Contains(in.Prefix, "//"), "prefix", "vault.field.prefix")
	form.Check(len(in.Region) <= 64 && !strings.ContainsAny(in.Region, " \x00\n\r/"), "region", "vault.field.region")
	checkAccessKey(form, in.AccessKey)
	return Location{Endpoint: endpoint, Region: in.Region, Bucket: in.Bucket, Prefix: cleanPrefix(in.Prefix), AccessKey: in.AccessKey}
}

func checkName(form *fail.Form, name string) {
	form.Check(strings.TrimSpace(name) != "" && len([]rune(name)) <= maxName && !strings.ContainsAny(name, "\x00\n\r"), "name", "vault.field.name", "max", maxName)
}

func checkAccessKey(form *fail.Form, key string) {
	form.Check(key != "" && len(key) <= 256 && !strings.ContainsAny(key, " \x00\n\r"), "access_key", "vault.field.access_key")
}

func cleanPrefix(prefix string) string {
	if prefix = strings.Trim(prefix, "/"); prefix == "" {
		return ""
	}
	return prefix + "/"
}

// cleanEndpoint is the address as scheme://host[:port]; Amazon's stays empty.
func cleanEndpoint(text string) (endpoint string, plain, ok bool) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	if text == "" {
		return "", false, true
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", false, false
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), u.Scheme == "http", true
}

// overlaps reports whether one place lies in the other or is the same.
func (l Location) overlaps(other Location) bool {
	if l.Path != "" || other.Path != "" {
		return l.Path != "" && other.Path != "" && (roots.Inside(l.Path, other.Path) || roots.Inside(other.Path, l.Path))
	}
	return l.Endpoint == other.Endpoint && l.Bucket == other.Bucket &&
		(strings.HasPrefix(l.Prefix, other.Prefix) || strings.HasPrefix(other.Prefix, l.Prefix))
}

// kopia is the place as the engine takes it, looked at again: links may have
// changed since the vault was made.
func (v *Vaults) kopia(kind Kind, at Location, secretKey string) (kopia.Location, error) {
	if kind == Filesystem {
		if at.Managed {
			return kopia.Location{Kind: kopia.Filesystem, Path: at.Path}, nil
		}
		real, err := v.options.Roots.Resolve(at.Path)
		return kopia.Location{Kind: kopia.Filesystem, Path: real}, err
	}
	return kopia.Location{
		Kind: kopia.S3, Endpoint: at.Endpoint, Bucket: at.Bucket, Prefix: at.Prefix, Region: at.Region,
		AccessKey: at.AccessKey, SecretKey: secretKey, Insecure: strings.HasPrefix(at.Endpoint, "http://"),
		Dial: v.options.Dial.DialHTTP,
	}, nil
}
