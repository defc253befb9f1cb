package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startUp is what it costs to have a provider ready to answer.
type startUp struct {
	BinaryMiB float64 `json:"binary_mib"`
	// HandshakeMS is from the start of the process to the line that says where it listens.
	HandshakeMS spread `json:"handshake_ms"`
	// SchemaMS is from then to the whole answer to GetProviderSchema, which every run of Terraform begins with.
	SchemaMS spread `json:"schema_ms"`
	// ReadyMS is both together.
	ReadyMS spread `json:"ready_ms"`
	// PeakMiB is the peak resident memory by then; 0 where there is no /proc.
	PeakMiB spread `json:"peak_mib"`
}

type comparison struct {
	Provider startUp `json:"provider"`
	Empty    startUp `json:"empty"`
}

// compareStartUps takes turns between the two, so that what else the machine does meets both alike. The first turn only warms the page cache.
func compareStartUps(ctx context.Context, built binaries, times int) (comparison, error) {
	var provider, empty []start
	for i := range times + 1 {
		for binary, starts := range map[string]*[]start{built.provider: &provider, built.empty: &empty} {
			one, err := startOnce(ctx, binary, built.sockets)
			if err != nil {
				return comparison{}, fmt.Errorf("starting %s: %w", filepath.Base(binary), err)
			}
			if i > 0 {
				*starts = append(*starts, one)
			}
		}
	}
	compared := comparison{Provider: summarize(provider), Empty: summarize(empty)}
	for binary, sum := range map[string]*startUp{built.provider: &compared.Provider, built.empty: &compared.Empty} {
		info, err := os.Stat(binary)
		if err != nil {
			return comparison{}, err
		}
		sum.BinaryMiB = float64(info.Size()) / mebibyte
	}
	return compared, nil
}

func summarize(starts []start) startUp {
	return startUp{
		HandshakeMS: spreadOf(starts, func(s start) float64 { return milliseconds(s.handshake) }),
		SchemaMS:    spreadOf(starts, func(s start) float64 { return milliseconds(s.schema) }),
		ReadyMS:     spreadOf(starts, func(s start) float64 { return milliseconds(s.handshake + s.schema) }),
		PeakMiB:     spreadOf(starts, func(s start) float64 { return s.peakMiB }),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

type start struct {
	handshake, schema time.Duration
	peakMiB           float64
}

// startOnce starts a provider as Terraform does, but without the mutual TLS that Terraform adds: that costs every provider the same and would
// only hide the difference.
func startOnce(ctx context.Context, binary, sockets string) (one start, err error) {
	command := exec.CommandContext(ctx, binary)
	command.Env = append(os.Environ(),
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", // the same for every provider
		"PLUGIN_PROTOCOL_VERSIONS=6",
		"PLUGIN_UNIX_SOCKET_DIR="+sockets)
	output, err := command.StdoutPipe()
	if err != nil {
		return start{}, err
	}
	began := time.Now()
	if err := command.Start(); err != nil {
		return start{}, err
	}
	defer func() {
		err = errors.Join(err, command.Process.Kill())
		_ = command.Wait() // it was killed, and says so
	}()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return start{}, fmt.Errorf("reading its handshake: %w", err)
	}
	one.handshake = time.Since(began)
	if err := askForSchema(ctx, line); err != nil {
		return start{}, fmt.Errorf("asking for its schema: %w", err)
	}
	one.schema = time.Since(began) - one.handshake
	one.peakMiB = peakMiB(command.Process.Pid)
	return one, nil
}

// askForSchema calls GetProviderSchema with an empty message. One call is little enough to do by hand: a gRPC call is an HTTP/2 request whose
// body is the message after five bytes that say its length.
func askForSchema(ctx context.Context, handshake string) error {
	fields := strings.Split(strings.TrimSpace(handshake), "|") // such as 1|6|unix|/tmp/plugin123|grpc|
	if len(fields) < 5 || fields[1] != "6" || fields[4] != "grpc" {
		return fmt.Errorf("%q is not the handshake of a provider of protocol 6", handshake)
	}
	transport := &http.Transport{
		Protocols: new(http.Protocols),
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, fields[2], fields[3])
		},
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://provider/tfplugin6.Provider/GetProviderSchema", strings.NewReader("\x00\x00\x00\x00\x00"))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if status := response.Trailer.Get("Grpc-Status"); status != "0" {
		return fmt.Errorf("gRPC status %q: %s", status, response.Trailer.Get("Grpc-Message"))
	}
	return nil
}
