//go:build tools

// Package jaeger pins the Jaeger that tools/servers builds.
package jaeger

import _ "github.com/jaegertracing/jaeger/cmd/jaeger"
