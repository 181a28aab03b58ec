//go:build programs

// Package programs keeps the command that the benchmarks build in go.mod; it is never compiled itself.
package programs

import _ "sigs.k8s.io/kustomize/kustomize/v5"
