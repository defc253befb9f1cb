package bench

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/terraformcli"
)

// BenchmarkStart alternates between the provider and an empty one, so that whatever else the machine does affects both
// alike.
func BenchmarkStart(b *testing.B) {
	provider, empty := acctest.NewShippedWorld(b).Shipped, filepath.Join(b.TempDir(), "terraform-provider-empty")
	if err := terraformcli.Build(b.Context(), "./internal/bench/emptyprovider", empty); err != nil {
		b.Fatal(err)
	}
	units := slices.Sorted(maps.Keys(start(b, provider))) // a first start reads the file
	start(b, empty)
	f := figures{}
	for b.Loop() {
		for range 5 {
			f.add("", start(b, provider))
			f.add("empty-", start(b, empty))
		}
	}
	f.report(b)
	for _, unit := range units {
		hold(b, unit+", times the empty provider's", f.median(unit)/f.median("empty-"+unit), 1.25)
	}
}

// start starts a provider as Terraform does and asks for its schema, as each run of Terraform does first. Only mutual
// TLS is left out: that costs every provider the same and would only hide the difference.
func start(b *testing.B, binary string) map[string]float64 {
	b.Helper()
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	command := exec.Command(binary)
	client := plugin.NewClient(&plugin.ClientConfig{
		Cmd: command,
		HandshakeConfig: plugin.HandshakeConfig{ // Terraform's, the same for every provider
			MagicCookieKey:   "TF_PLUGIN_MAGIC_COOKIE",
			MagicCookieValue: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		},
		VersionedPlugins: map[int]plugin.PluginSet{6: nil}, // the benchmark calls the connection itself
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()
	began := time.Now()
	protocol, err := client.Client() // which has read the line that says where the provider listens
	if err != nil {
		b.Fatalf("starting %s: %v", binary, err)
	}
	handshake := time.Since(began)
	// An empty message has room for the fields of any other.
	conn, method := protocol.(*plugin.GRPCClient).Conn, "/tfplugin6.Provider/GetProviderSchema"
	if err := conn.Invoke(b.Context(), method, &emptypb.Empty{}, &emptypb.Empty{}); err != nil {
		b.Fatalf("asking %s for its schema: %v", binary, err)
	}
	ready := time.Since(began)
	return map[string]float64{
		"handshake-ms": milliseconds(handshake),
		"schema-ms":    milliseconds(ready - handshake),
		"ready-ms":     milliseconds(ready),
		"peak-MiB":     peakMiB(fmt.Sprintf("/proc/%d", command.Process.Pid)),
		"binary-MiB":   float64(info.Size()) / (1 << 20),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
