package protocol

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Diagnostic is an error or a warning, and what it is about.
type Diagnostic struct {
	Address string
	Warning bool
	Summary string
	Detail  string
}

// Diagnostics are those of a run, in the order of their addresses.
type Diagnostics []Diagnostic

func diagnosticsOf(address string, from []*tfprotov6.Diagnostic) Diagnostics {
	var made Diagnostics
	for _, d := range from {
		made = append(made, Diagnostic{address, d.Severity == tfprotov6.DiagnosticSeverityWarning, d.Summary, d.Detail})
	}
	return made
}

func (d Diagnostics) failed() bool { return len(d.Errors()) > 0 }

// Errors returns the errors, without the warnings.
func (d Diagnostics) Errors() Diagnostics {
	return slices.DeleteFunc(slices.Clone(d), func(one Diagnostic) bool { return one.Warning })
}

// Warnings returns the warnings, without the errors.
func (d Diagnostics) Warnings() Diagnostics {
	return slices.DeleteFunc(slices.Clone(d), func(one Diagnostic) bool { return !one.Warning })
}

// String is what a person reads, much as Terraform prints it.
func (d Diagnostics) String() string {
	var texts []string
	for _, one := range d {
		severity := "Error"
		if one.Warning {
			severity = "Warning"
		}
		text := fmt.Sprintf("%s: %s\n\n  with %s,\n\n%s", severity, one.Summary, one.Address, one.Detail)
		texts = append(texts, strings.TrimSpace(text))
	}
	return strings.Join(texts, "\n\n")
}

// Contain reports whether the diagnostics contain all the texts in this order, wherever lines are broken.
func (d Diagnostics) Contain(texts ...string) bool { return Contains(d.String(), texts...) }

// Contains reports whether a text contains all the parts in this order, wherever lines are broken.
func Contains(text string, parts ...string) bool {
	var patterns []string
	for _, part := range parts {
		patterns = append(patterns, strings.Join(strings.Fields(regexp.QuoteMeta(part)), `\s+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`)).MatchString(text)
}
