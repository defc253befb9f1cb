package loganalytics

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
)

var badTableNames = []string{
	"", " ", `x" or true //`, "x'y", "x | take 1", "x|y", "x\ny", "SigninLogs\n", "\nSigninLogs", "Sign in", "['x']", "x)", "x;y", "x-y", "x/y", "..", "1x",
	"SigninLogs\x00", "Sïgnin", strings.Repeat("x", 64),
}

func TestCheckTableName(t *testing.T) {
	for _, name := range badTableNames {
		if err := CheckTableName(name); err == nil {
			t.Errorf("%q passed", name)
		}
	}
	for _, category := range entralogs.All() {
		if err := CheckTableName(category.Table); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"_x", "My_CL", "x1", strings.Repeat("x", 63)} {
		if err := CheckTableName(name); err != nil {
			t.Error(err)
		}
	}
}

func FuzzCheckTableName(f *testing.F) {
	for _, name := range append([]string{"SigninLogs", "My_CL"}, badTableNames...) {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckTableName(name) == nil && (len(name) > 63 || strings.ContainsFunc(name, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})) {
			t.Errorf("%q passed", name)
		}
	})
}

func TestWindows(t *testing.T) {
	for lookback, literal := range map[time.Duration]string{
		week: "7d", 90 * day: "90d", time.Hour: "3600s", day + time.Second: "86401s", time.Second: "1s",
	} {
		query := arrivalQuery([]string{"T"}, lookback)
		if !strings.Contains(query, "T | where TimeGenerated > ago(90d)") || !strings.Contains(query, "countif(TimeGenerated > ago("+literal+"))") {
			t.Errorf("a lookback of %s gives:\n%s", lookback, query)
		}
	}
	for lookback, want := range map[time.Duration]bool{time.Second: true, Horizon: true, 0: false, -day: false, Horizon + time.Second: false, time.Millisecond: false} {
		if got := checkLookback(lookback) == nil; got != want {
			t.Errorf("a lookback of %s passes: %v", lookback, got)
		}
	}
}

// The queries are right in the eyes of Microsoft's own language service, whichever of the tables exist.
func TestQueriesPassTheLanguageService(t *testing.T) {
	checker := installChecker(t)
	var six []string
	for _, category := range entralogs.Connector() {
		six = append(six, category.Table)
	}
	for _, tables := range [][]string{six, {"SigninLogs"}} {
		for _, lookback := range []time.Duration{week, 30 * day} {
			file := filepath.Join(t.TempDir(), "query.kql")
			if err := os.WriteFile(file, []byte(arrivalQuery(tables, lookback)), 0o600); err != nil {
				t.Fatal(err)
			}
			absent := []string{"", strings.Join(tables, ",")}
			if len(tables) > 1 {
				absent = append(absent, tables...)
			}
			for _, without := range absent {
				t.Run(fmt.Sprintf("%d tables, %s, without %q", len(tables), lookback, without), func(t *testing.T) {
					t.Parallel()
					arguments := []string{"check-kql.mjs", file}
					if without == "" {
						arguments = append(arguments, "--strict")
					} else {
						arguments = append(arguments, "--without", without)
					}
					run(t, checker, "node", arguments...)
				})
			}
		}
	}
}

// installChecker puts the language service into a folder of its own: the one beside the checkout may be read-only.
func installChecker(t *testing.T) string {
	t.Helper()
	source, err := filepath.Abs("../../../shared/tools/kql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(source); err != nil {
		t.Skipf("the checker is not beside the checkout: %v", err)
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("the checker needs %s: %v", program, err)
		}
	}
	folder := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "check-kql.mjs", "entra-log-schemas.json"} {
		content, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, folder, "npm", "ci", "--no-audit", "--no-fund")
	return folder
}

func run(t *testing.T, folder, program string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = folder
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(arguments, " "), err, output)
	}
}
