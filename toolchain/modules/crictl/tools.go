//go:build tools

// Package tools names the commands that are built from this module, so that go.mod and go.sum keep what they need.
package tools

import (
	_ "sigs.k8s.io/cri-tools/cmd/crictl"
)
