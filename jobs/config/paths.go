package config

import "path/filepath"

// DatabaseDir is where `levqor dev` keeps its own Postgres.
func (c Config) DatabaseDir() string { return filepath.Join(c.DataDir, "postgres") }

// DatabaseURLFile is where `levqor dev` notes its Postgres' address, for the
// commands that run beside it. Only the owner may read it.
func (c Config) DatabaseURLFile() string { return filepath.Join(c.DataDir, "database.url") }

// DevFolder is what `levqor dev` allows folder sources, vaults and restores.
func (c Config) DevFolder() string { return filepath.Join(c.DataDir, "folders") }

// MasterKeyFile is where `levqor dev` keeps the key it made.
func (c Config) MasterKeyFile() string { return filepath.Join(c.DataDir, "master.key") }
