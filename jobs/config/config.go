// Package config reads the environment once, at start, and refuses what is wrong
// in one line that says what to do.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"levqor/jobs/secret"
)

// Config is everything that the environment may say. README lists each field.
type Config struct {
	AdminEmail    string        // LEVQOR_ADMIN_EMAIL: this address is staff from its first sign-in
	AIKey         secret.Text   // LEVQOR_AI_KEY: of the AI service; without it, and without an address of your own, there is none
	AIModel       string        // LEVQOR_AI_MODEL: which of its models answers, gpt-4o-mini
	AITokens      int           // LEVQOR_AI_TOKENS: what each workspace may use in a month, 2000000; 0: as much as it likes
	AIURL         string        // LEVQOR_AI_URL: address of a service that speaks OpenAI's API, https://api.openai.com/v1
	AllowPrivate  bool          // LEVQOR_ALLOW_PRIVATE=1: sources and vaults may be in private networks, for self-hosters
	BaseURL       string        // LEVQOR_BASE_URL: how people reach the web process, as in https://backup.example.com
	DatabaseURL   string        // DATABASE_URL: needed everywhere but in dev
	DataDir       string        // LEVQOR_DATA: caches, scratch space; in dev the database too
	Dev           bool          // set by `levqor dev`
	FolderRoots   []string      // LEVQOR_FOLDER_ROOTS: folders that sources, vaults and restores on this machine may use
	Grace         time.Duration // LEVQOR_GRACE_DAYS: for how many days a change that removes snapshots can be undone, 7; from 1 to 30
	Listen        string        // LEVQOR_LISTEN: address of the web process, 127.0.0.1:8080
	MailFrom      string        // LEVQOR_MAIL_FROM: sender of mails
	MasterKey     string        // LEVQOR_MASTER_KEY or LEVQOR_MASTER_KEY_FILE: tink keyset that wraps every secret
	PostgresBin   string        // LEVQOR_PG_BIN: folder of postgres, pg_dump and the like; found by itself where usual
	PseudoLocales bool          // LEVQOR_PSEUDO_LOCALES=1: offer en-XA and ar-XB, which show what is hard-coded
	ResendBaseURL string        // RESEND_BASE_URL: another address of the mail API, for a local outbox
	ResendKey     string        // RESEND_API_KEY: needed to send mail; in dev mails stay in the outbox
	TestClock     bool          // LEVQOR_TEST_CLOCK=1: in dev alone, an admin token may move the product's clock
	TrustedProxy  []string      // LEVQOR_TRUSTED_PROXIES: addresses whose X-Forwarded-For is believed
	WorkerQueues  string        // --queues of `levqor worker`, as in backups=2,mail=4; empty: all of them
}

// Getenv reads one variable; os.Getenv in production.
type Getenv func(string) string

// Read takes the environment as it is; Check refuses what a command can't do without.
func Read(get Getenv) (Config, error) {
	c := Config{
		AdminEmail:    get("LEVQOR_ADMIN_EMAIL"),
		AIKey:         secret.Text(get("LEVQOR_AI_KEY")),
		AIModel:       or(get("LEVQOR_AI_MODEL"), "gpt-4o-mini"),
		AITokens:      2_000_000,
		AIURL:         or(strings.TrimRight(get("LEVQOR_AI_URL"), "/"), openAI),
		AllowPrivate:  get("LEVQOR_ALLOW_PRIVATE") == "1",
		BaseURL:       strings.TrimRight(get("LEVQOR_BASE_URL"), "/"),
		DatabaseURL:   get("DATABASE_URL"),
		DataDir:       get("LEVQOR_DATA"),
		FolderRoots:   list(get("LEVQOR_FOLDER_ROOTS")),
		Listen:        or(get("LEVQOR_LISTEN"), "127.0.0.1:8080"),
		MailFrom:      or(get("LEVQOR_MAIL_FROM"), "Levqor <levqor@localhost>"),
		MasterKey:     get("LEVQOR_MASTER_KEY"),
		PostgresBin:   get("LEVQOR_PG_BIN"),
		PseudoLocales: get("LEVQOR_PSEUDO_LOCALES") == "1",
		ResendBaseURL: get("RESEND_BASE_URL"),
		ResendKey:     get("RESEND_API_KEY"),
		TestClock:     get("LEVQOR_TEST_CLOCK") == "1",
		TrustedProxy:  list(get("LEVQOR_TRUSTED_PROXIES")),
	}
	if err := c.checkAI(get("LEVQOR_AI_TOKENS")); err != nil {
		return Config{}, err
	}
	if err := c.checkGrace(get("LEVQOR_GRACE_DAYS")); err != nil {
		return Config{}, err
	}
	if c.DataDir == "" {
		c.DataDir = defaultDataDir(get)
	}
	if path := get("LEVQOR_MASTER_KEY_FILE"); path != "" && c.MasterKey == "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return Config{}, fmt.Errorf("LEVQOR_MASTER_KEY_FILE: %w", err)
		}
		c.MasterKey = string(text)
	}
	for _, name := range []string{"LEVQOR_ALLOW_PRIVATE", "LEVQOR_PSEUDO_LOCALES", "LEVQOR_TEST_CLOCK"} {
		if value := get(name); value != "" && value != "0" && value != "1" {
			return Config{}, fmt.Errorf("%s: %q is neither 1 nor 0", name, value)
		}
	}
	for _, proxy := range c.TrustedProxy {
		if _, err := netip.ParseAddr(proxy); err != nil {
			if _, err := netip.ParsePrefix(proxy); err != nil {
				return Config{}, fmt.Errorf("LEVQOR_TRUSTED_PROXIES: %q is neither an address nor a network such as 10.0.0.0/8", proxy)
			}
		}
	}
	for _, root := range c.FolderRoots {
		if !filepath.IsAbs(root) {
			return Config{}, fmt.Errorf("LEVQOR_FOLDER_ROOTS: %q is not an absolute path", root)
		}
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return Config{}, fmt.Errorf("LEVQOR_BASE_URL: %q is not an address such as https://backup.example.com", c.BaseURL)
		}
	}
	return c, nil
}

// Check refuses to go on without what every process but dev needs.
func (c Config) Check() error {
	switch {
	case c.DatabaseURL == "":
		return errors.New("DATABASE_URL is missing: the address of Levqor's own Postgres, as in postgres://user:password@host/levqor")
	case c.MasterKey == "":
		return errors.New("the master key is missing: set LEVQOR_MASTER_KEY_FILE (make one with `levqor key create`)")
	case c.BaseURL == "":
		return errors.New("LEVQOR_BASE_URL is missing: how people reach this server, as in https://backup.example.com")
	case c.TestClock && !c.Dev:
		return errors.New("LEVQOR_TEST_CLOCK works in `levqor dev` alone: unset it")
	}
	return nil
}

// defaultDataDir is the system's state folder for root (other users must be able
// to reach the database's own folder in it), else the person's data folder.
func defaultDataDir(get Getenv) string {
	if os.Geteuid() == 0 {
		return "/var/lib/levqor"
	}
	if dir := get("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "levqor")
	}
	return filepath.Join(get("HOME"), ".local", "share", "levqor")
}

func list(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
