package connector_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/acctest"
)

// patience is how long a test waits for what should take a second.
const patience = time.Minute

// process is a running command of Terraform, the leader of a process group as in a shell.
type process struct {
	t       *testing.T
	command *exec.Cmd
	output  bytes.Buffer
	ended   chan error
}

func start(t *testing.T, folder *acctest.Folder, arguments ...string) *process {
	t.Helper()
	p := &process{t: t, command: folder.Command(arguments...), ended: make(chan error, 1)}
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) })
	go func() { p.ended <- p.command.Wait() }()
	return p
}

// victim is who a signal is sent to.
type victim string

const (
	terraformAlone victim = "terraform"
	providerAlone  victim = "provider"
	both           victim = "both" // as by Ctrl-C in a shell
)

func (p *process) signal(to victim, signal syscall.Signal) {
	p.t.Helper()
	target := map[victim]int{terraformAlone: p.command.Process.Pid, both: -p.command.Process.Pid}[to]
	if to == providerAlone {
		target = p.provider()
	}
	if err := syscall.Kill(target, signal); err != nil {
		p.t.Fatalf("sending %v to %s: %v", signal, to, err)
	}
}

// provider is the process id of the provider that Terraform runs at the moment.
func (p *process) provider() int {
	p.t.Helper()
	for _, running := range p.group() {
		if running.parent == p.command.Process.Pid && strings.HasPrefix(running.name, "terraform-prov") {
			return running.id
		}
	}
	p.t.Fatal("Terraform runs no provider")
	return 0
}

// hasEnded says whether nothing runs any more, such as a provider that Terraform has left behind.
func (p *process) hasEnded() bool { return len(p.group()) == 0 }

// running is a process as the kernel tells of it.
type running struct {
	id, parent int
	name       string
}

// group lists the processes of the group.
func (p *process) group() []running {
	p.t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.t.Fatal(err)
	}
	var group []running
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		// "id (name) state parent group ..."
		var r running
		var state string
		var of int
		before, after, _ := strings.Cut(string(text), " (")
		name, after, _ := strings.Cut(after, ") ")
		r.name = name
		_, badID := fmt.Sscan(before, &r.id)
		_, badRest := fmt.Sscan(after, &state, &r.parent, &of)
		if badID == nil && badRest == nil && of == p.command.Process.Pid && state != "Z" {
			group = append(group, r)
		}
	}
	return group
}

// wait waits for the end and returns all that was printed, and the exit code: -1 for a process that was killed.
func (p *process) wait() (output string, code int) {
	p.t.Helper()
	select {
	case err := <-p.ended:
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			p.t.Fatal(err)
		} else if ok {
			code = exit.ExitCode()
		}
		return p.output.String(), code
	case <-time.After(patience):
		p.t.Fatalf("Terraform did not end:\n%s", p.output.String())
		return "", 0
	}
}
