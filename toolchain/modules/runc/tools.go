//go:build tools

// Package tools names the commands that are built from this module, so that go.mod and go.sum keep what they need.
package tools

import (
	_ "github.com/opencontainers/runc"
)
