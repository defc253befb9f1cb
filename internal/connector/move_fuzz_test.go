package connector

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a state holds, a move takes over a diagnostic setting of Entra ID and nothing else, under its own name.
func FuzzMovedState(f *testing.F) {
	states, err := filepath.Glob(filepath.Join("testdata", "move", "*.tfstate"))
	if err != nil || len(states) == 0 {
		f.Fatalf("there are no states to begin with, error %v", err)
	}
	for _, path := range states {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		var state struct {
			Resources []struct {
				Instances []struct {
					Attributes json.RawMessage `json:"attributes"`
				} `json:"instances"`
			} `json:"resources"`
		}
		if err := json.Unmarshal(text, &state); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(state.Resources[0].Instances[0].Attributes))
	}
	f.Add([]byte(`{"type":"microsoft.aadiam/DIAGNOSTICSETTINGS@2017-04-01","name":"x",` +
		`"body":"{\"value\":null,\"type\":\"string\"}"}`))
	f.Add([]byte(`{"type":"Microsoft.AADIAM/diagnosticSettings","body":{"properties":{"serviceBusRuleId":1}}}`))
	f.Fuzz(func(t *testing.T, state []byte) {
		var said struct{ Name, Type string }
		_ = json.Unmarshal(state, &said)
		if setting, err := settingOfAzurerm(state); err == nil && setting.Name != said.Name {
			t.Errorf("the setting %q became %q", said.Name, setting.Name)
		}
		setting, err := settingOfAzapi(state)
		if err != nil {
			return
		}
		if setting.Name != said.Name || !strings.HasPrefix(strings.ToLower(said.Type),
			"microsoft.aadiam/diagnosticsettings") {
			t.Errorf("the %s %q became the setting %q", said.Type, said.Name, setting.Name)
		}
		if lost := setting.OtherDestinations(); len(lost) > 0 {
			t.Errorf("the destinations %v were let go", lost)
		}
	})
}
