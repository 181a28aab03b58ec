//go:build programs

// Package programs keeps the command that the sandbox builds in go.mod; it is never compiled itself.
package programs

import _ "go.etcd.io/etcd/server/v3"
