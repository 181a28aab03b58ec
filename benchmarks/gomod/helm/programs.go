//go:build programs

// Package programs keeps the command that the benchmarks build in go.mod; it is never compiled itself.
package programs

import _ "helm.sh/helm/v3/cmd/helm"
