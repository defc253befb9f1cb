package protocol

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Diagnostic is an error or a warning, and what it is about.
type Diagnostic struct {
	Address string
	Warning bool
	Summary string
	Detail  string
	// Attribute is the path of the attribute that is at fault, "" where there is none.
	Attribute string
}

// Diagnostics are those of a run, in the order of their addresses.
type Diagnostics []Diagnostic

func diagnosticsOf(address string, from []*tfprotov6.Diagnostic) Diagnostics {
	var made Diagnostics
	for _, d := range from {
		one := Diagnostic{
			Address: address,
			Warning: d.Severity == tfprotov6.DiagnosticSeverityWarning,
			Summary: d.Summary,
			Detail:  d.Detail,
		}
		if d.Attribute != nil {
			one.Attribute = d.Attribute.String()
		}
		made = append(made, one)
	}
	return made
}

// bug is what Terraform says of a provider that does what it must not.
func bug(address, format string, values ...any) Diagnostic {
	detail := fmt.Sprintf(format, values...)
	return Diagnostic{Address: address, Summary: "Provider produced inconsistent result", Detail: detail}
}

func (d Diagnostics) failed() bool { return len(d.Errors()) > 0 }

// Errors returns the errors, without the warnings.
func (d Diagnostics) Errors() Diagnostics { return d.only(false) }

// Warnings returns the warnings, without the errors.
func (d Diagnostics) Warnings() Diagnostics { return d.only(true) }

func (d Diagnostics) only(warnings bool) Diagnostics {
	var kept Diagnostics
	for _, one := range d {
		if one.Warning == warnings {
			kept = append(kept, one)
		}
	}
	return kept
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

// Say reports whether the diagnostics contain all the texts in this order, wherever lines are broken.
func (d Diagnostics) Say(texts ...string) bool { return Says(texts...).MatchString(d.String()) }

// Says matches what contains all the texts in this order, wherever lines are broken.
func Says(texts ...string) *regexp.Regexp {
	var patterns []string
	for _, text := range texts {
		var words []string
		for word := range strings.FieldsSeq(text) {
			words = append(words, regexp.QuoteMeta(word))
		}
		patterns = append(patterns, strings.Join(words, `\s+`))
	}
	return regexp.MustCompile(`(?s)` + strings.Join(patterns, `.*`))
}
