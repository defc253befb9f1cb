package connector

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/entralogs"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/inputcheck"
)

// The portal's rule for the names of diagnostic settings (internal/azuresim/README.md, "Names and ids").
const (
	illegalInName = `<>*%&:\?+/`
	longestName   = 260
)

// settingName checks the name of a diagnostic setting.
var settingName = inputcheck.Text{Must: "must be a name for a diagnostic setting",
	Headline: "Not a name for a diagnostic setting", Check: checkName}

func checkName(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return fmt.Errorf("the name is empty; omit it to get AzureSentinel_<workspace name>")
	case n > longestName:
		return fmt.Errorf("the name has %d characters; the limit is %d", n, longestName)
	case name == "." || name == ".." || strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%q is a dot, has leading or trailing spaces, or contains a control character", name)
	}
	if i := strings.IndexAny(name, illegalInName); i >= 0 {
		return fmt.Errorf("%q contains %q; a name must not contain any of %s", name, name[i],
			strings.Join(strings.Split(illegalInName, ""), " "))
	}
	return nil
}

// areCategories validates a set of log categories. It refuses known misspellings only: a category that the catalogue
// lacks may be a new one. Null and unknown values are skipped.
type areCategories struct{}

func (areCategories) Description(context.Context) string               { return "must be at least one log category" }
func (v areCategories) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (areCategories) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	names, complete := namesIn(req.ConfigValue)
	if len(names) == 0 && complete && !req.ConfigValue.IsNull() {
		resp.Diagnostics.AddAttributeError(req.Path, "No log categories",
			"Azure deletes a diagnostic setting without categories. Name at least one, omit log_categories to get the six of "+
				"Sentinel's connector page, or remove the resource to disconnect.")
	}
	spelled := map[string]string{}
	for _, name := range names {
		problem := checkCategory(name)
		if twin := spelled[strings.ToLower(name)]; problem == "" && twin != "" {
			problem = fmt.Sprintf("%q and %q are the same category in two spellings; keep one.", twin, name)
		}
		if problem != "" {
			resp.Diagnostics.AddAttributeError(req.Path.AtSetValue(types.StringValue(name)), "Not a log category", problem)
		}
		spelled[strings.ToLower(name)] = name
	}
}

// customSecurityAttributes is an Entra ID log that is often listed among the categories (internal/azuresim/README.md,
// "Log categories").
const customSecurityAttributes = "CustomSecurityAttributeAuditLogs"

// checkCategory says what is wrong with a category's name, "" if nothing is known to be wrong. Whether the service
// accepts another letter case is not known.
func checkCategory(name string) string {
	if name == "" || strings.TrimSpace(name) != name {
		return fmt.Sprintf("%q is not a category's name: it is empty, or has leading or trailing spaces.", name)
	}
	if strings.EqualFold(strings.TrimPrefix(strings.ToLower(name), "aad"), customSecurityAttributes) {
		return fmt.Sprintf("%s is not a category of these diagnostic settings: it belongs to another resource provider, "+
			"Microsoft.AadCustomSecurityAttributesDiagnosticSettings, with its own settings and permissions. Azure would "+
			"refuse the whole setting.", customSecurityAttributes)
	}
	category, known := entralogs.Lookup(name)
	table, isTable := entralogs.LookupTable(name)
	switch {
	case known && category.Name == name:
		return ""
	case isTable && table.Table == name:
		return fmt.Sprintf("%q is the Log Analytics table. The category that arrives in it is %q.", name, table.Name)
	case known:
		return fmt.Sprintf("%q is spelled %q.", name, category.Name)
	case isTable:
		return fmt.Sprintf("%q is the Log Analytics table %s. The category that arrives in it is %q.", name, table.Table,
			table.Name)
	default:
		return ""
	}
}
