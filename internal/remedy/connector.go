package remedy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/aadiam"
	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/retry"
)

// Connector is what an error is about. What is not known of it is "".
type Connector struct {
	Name, Tenant, WorkspaceID string
	Categories                []string
}

// Message is what the user reads.
type Message struct {
	Summary, Detail string
	Warning         bool
}

// Failed explains an error of the settings' client: what could not be done to which connector, why, what to
// do about it, and last the service's own words.
func (c Connector) Failed(verb string, err error) Message {
	if pending, ok := errors.AsType[*aadiam.NotVisibleError](err); ok {
		return c.notVisible(verb, pending)
	}
	if changed, ok := errors.AsType[*aadiam.ChangedError](err); ok {
		problem, what := "deleted since the plan was made", ""
		if !changed.Gone {
			problem = "changed since the plan was made"
			what = "Compared with the state that the plan started from: " + strings.Join(changed.Differences, "; ") + "."
		}
		return c.message("update", problem, what,
			`Nothing was sent, because the plan did not show this. Run "terraform plan" again and review it.`)
	}
	if errors.Is(err, aadiam.ErrExists) {
		return c.message("create", "already exists", "It was not changed. "+c.Exists())
	}
	advice := For(err, c.Tenant)
	if !errors.As(err, new(*aadiam.UncertainError)) {
		return c.message(verb, advice.Problem, advice.Remedy, ServiceMessage(err))
	}
	uncertain := "The request was sent, but no answer says whether it was applied. Run \"terraform plan\": "
	if verb == "create" {
		uncertain += "if it warns that the setting already exists, import it as the warning says."
	} else {
		uncertain += "it shows whether anything is left to do."
	}
	if errors.Is(err, context.Canceled) {
		advice.Remedy = "" // which says the same of the plan
	}
	return c.message(verb, advice.Problem, uncertain, advice.Remedy, ServiceMessage(err))
}

func (c Connector) message(verb, problem string, paragraphs ...string) Message {
	return Message{Summary: fmt.Sprintf("Cannot %s %s: %s", verb, c, problem), Detail: c.inTenant(paragraphs...)}
}

// inTenant names the tenant where the paragraphs do not, since a run may be about many.
func (c Connector) inTenant(paragraphs ...string) string {
	text := Paragraphs(paragraphs...)
	if c.Tenant == "" || strings.Contains(strings.ToLower(text), strings.ToLower(c.Tenant)) {
		return text
	}
	return Paragraphs(text, "This was in tenant "+c.Tenant+".")
}

func (c Connector) String() string {
	if c.Name == "" {
		return "the connector"
	}
	return fmt.Sprintf("the connector %q", c.Name)
}

// Exists says how to go on where a setting of the connector's name is there already.
func (c Connector) Exists() string {
	return fill(`Tenant <tenant> has a diagnostic setting of this name, perhaps made in the portal, perhaps by another
		resource of this configuration. Creating never overwrites one. If another resource has the name, remove the
		duplicate. Otherwise, to manage the setting with Terraform, import it, with this resource's own name in place of
		"example":
`+c.ImportBlock()+`
		The plan then shows what Terraform would change in it.`, "<tenant>", c.Tenant)
}

// ImportBlock is what imports the connector.
func (c Connector) ImportBlock() string {
	return Command("import {", "  to = sentinel_aad_connector.example", fmt.Sprintf("  id = %q", c.Tenant+"/"+c.Name), "}")
}

// notVisible explains a change that was accepted and did not become visible. What to do depends on how Terraform treats
// the error. An interrupted wait is a warning if the state has what was accepted: after an error, Terraform would taint
// a new connector and replace it. Terraform itself reports that the run was interrupted.
func (c Connector) notVisible(verb string, pending *aadiam.NotVisibleError) Message {
	const accepted = "The service accepted the request"
	shown := ""
	if pending.LastSeen != "" {
		shown = " It last showed: " + pending.LastSeen + "."
	}
	next := map[string]string{
		"create": fill(`The connector is in the state, marked as tainted: the next apply would destroy it and create it
			again. To keep it, run this command with the address named above, then "terraform plan" in a few minutes:
			    terraform untaint <address>`),
		"update": `Run "terraform plan" in a few minutes: it shows whether anything is left to do.`,
		"delete": fill(`The connector is still in the state. Run "terraform plan" in a few minutes: if the setting has
			gone, it leaves the state by itself.`),
	}
	gaveUp := errors.As(pending, new(*retry.GaveUpError))
	switch interrupted := accepted + ". Waiting for its effect was then interrupted." + shown; {
	case errors.Is(pending, context.Canceled) && verb == "delete":
		return c.message(verb, "interrupted", interrupted, next[verb])
	case errors.Is(pending, context.Canceled):
		return Message{Summary: fmt.Sprintf("Interrupted while waiting for %s", c), Warning: true,
			Detail: c.inTenant(interrupted, "The connector is in the state. "+next["update"])}
	case errors.Is(pending, context.DeadlineExceeded) && !gaveUp:
		return c.message(verb, "the service does not show the change", accepted+", and had not steadily shown its effect "+
			"before the timeout (set in the timeouts block)."+shown, c.whyNotShown(verb, pending), next[verb])
	default:
		advice := For(pending, c.Tenant)
		return c.message(verb, "the change was accepted, then "+advice.Problem, accepted+
			". Reading the setting then failed."+shown, advice.Remedy, next[verb], ServiceMessage(pending))
	}
}

// whyNotShown says why the content may differ from the wanted one. It blames another writer only if something shows
// that nobody asked for. The service has no ETag, so it never refuses the second of two writers.
func (c Connector) whyNotShown(verb string, pending *aadiam.NotVisibleError) string {
	if verb == "delete" || pending.LastSeen == "" {
		return ""
	}
	text := "It was asked to stream " + strings.Join(c.Categories, ", ") + " to the workspace " + c.WorkspaceID + "."
	these := pending.Missing
	switch {
	case len(pending.Unasked) > 0:
		these = pending.Unasked
		text += ` Nobody asked for <these> here, and it was not there before. Most likely another run of Terraform, or a
			person, wrote the setting at the same moment; the last one wins. Decide who manages it before the next apply.`
	case len(pending.Missing) > 0:
		text += " If <these> stays off, the service may not support it: take it out of log_categories."
	}
	return fill(text, "<these>", strings.Join(these, ", "))
}

// Refused explains a setting that the service refused without a reason that is known, where there is a likely one.
func (c Connector) Refused(verb string, err error, likely Advice) Message {
	return c.message(verb, likely.Problem, likely.Remedy, ServiceMessage(err))
}

// MostSettings is how many diagnostic settings Azure allows per tenant (internal/azuresim/README.md, "The limit of
// five").
const MostSettings = 5

// LimitReached is the headline for a tenant that has as many.
const LimitReached = "tenant has reached Azure's limit of five diagnostic settings"

// TooManySettings says what follows from that, and what to do.
func TooManySettings(tenant string, names []string, consequence string) string {
	return Paragraphs(
		fmt.Sprintf("Tenant %s has %d diagnostic settings, and Azure allows %d: %s. %s", tenant, len(names), MostSettings,
			strings.Join(names, ", "), consequence),
		"Delete one of them, or import one and manage that instead.")
}
