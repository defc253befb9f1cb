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
		return c.changedSincePlan(changed)
	}
	if _, exists := errors.AsType[*aadiam.ExistsError](err); exists {
		return c.alreadyExists()
	}
	advice := For(err, c.Tenant)
	if _, ok := errors.AsType[*aadiam.UncertainError](err); ok {
		return c.uncertain(verb, advice, err)
	}
	return c.message(verb, advice.Problem, advice.Remedy, ServiceMessage(err))
}

// uncertain is a change that was sent and not answered.
func (c Connector) uncertain(verb string, advice Advice, err error) Message {
	next := "Run \"terraform plan\": it shows whether anything is left to do."
	if verb == "create" {
		next = "Run \"terraform plan\": if it warns that the setting already exists, import it as the warning says."
	}
	if errors.Is(err, context.Canceled) {
		advice.Remedy = "" // which says the same of the plan
	}
	return c.message(verb, advice.Problem, "The request was sent, but no answer says whether it was applied. "+next,
		advice.Remedy, ServiceMessage(err))
}

func (c Connector) message(verb, problem string, paragraphs ...string) Message {
	return Message{Summary: fmt.Sprintf("Cannot %s the connector%s: %s", verb, c.quoted(), problem),
		Detail: c.inTenant(paragraphs...)}
}

// inTenant names the tenant where the paragraphs do not, since a run may be about many.
func (c Connector) inTenant(paragraphs ...string) string {
	text, tenant := Paragraphs(paragraphs...), c.Tenant
	if tenant == "" || strings.Contains(strings.ToLower(text), strings.ToLower(tenant)) {
		return text
	}
	return Paragraphs(text, "This was in tenant "+tenant+".")
}

// quoted is the connector's name, where it is known.
func (c Connector) quoted() string {
	if c.Name == "" {
		return ""
	}
	return fmt.Sprintf(" %q", c.Name)
}

func (c Connector) alreadyExists() Message {
	return c.message("create", "already exists", "It was not changed. "+c.Exists())
}

// Exists says how to go on where a setting of the connector's name is there already.
func (c Connector) Exists() string {
	return Paragraphs(
		fmt.Sprintf("Tenant %s has a diagnostic setting of this name, perhaps made in the portal, perhaps by another "+
			"resource of this configuration. Creating never overwrites one. If another resource has the name, remove the "+
			"duplicate. Otherwise, to manage the setting with Terraform, import it, with this resource's own name in place "+
			"of \"example\":", c.Tenant),
		c.ImportBlock(),
		"The plan then shows what Terraform would change in it.")
}

// notVisible explains a change that was accepted and did not become visible. What to do depends on how Terraform treats
// the error.
func (c Connector) notVisible(verb string, pending *aadiam.NotVisibleError) Message {
	if errors.Is(pending, context.Canceled) {
		return c.interruptedWait(verb, pending)
	}
	problem := "the service does not show the change"
	seen := "The service accepted the request, and had not steadily shown its effect before the timeout (set in the " +
		"timeouts block)."
	cause, words := c.whyNotShown(verb, pending), ""
	if !errors.Is(pending, context.DeadlineExceeded) || errors.As(pending, new(*retry.GaveUpError)) {
		advice := For(pending, c.Tenant)
		problem = "the change was accepted, then " + advice.Problem
		seen = "The service accepted the request. Reading the setting then failed."
		cause, words = advice.Remedy, ServiceMessage(pending)
	}
	next := map[string]string{
		"create": Paragraphs("The connector is in the state, marked as tainted: the next apply would destroy it and "+
			"create it again. To keep it, run this command with the address named above, then \"terraform plan\" in some "+
			"minutes:", Command("terraform untaint <address>")),
		"update": planLater,
		"delete": stillInState,
	}[verb]
	return c.message(verb, problem, seen+lastSeen(pending), cause, next, words)
}

const (
	planLater    = "Run \"terraform plan\" in a few minutes: it shows whether anything is left to do."
	stillInState = "The connector is still in the state. Run \"terraform plan\" in a few minutes: if the setting has " +
		"gone, it leaves the state by itself."
)

// whyNotShown says why the content may differ from the wanted one. It blames another writer only if something shows
// that nobody asked for. The service has no ETag, so it never refuses the second of two writers.
func (c Connector) whyNotShown(verb string, pending *aadiam.NotVisibleError) string {
	if verb == "delete" || pending.LastSeen == "" {
		return ""
	}
	text := "It was asked to stream " + strings.Join(c.Categories, ", ") + " to the workspace " + c.WorkspaceID + "."
	switch {
	case len(pending.Unasked) > 0:
		text += fmt.Sprintf(" Nobody asked for %s here, and it was not there before. Most likely another run of "+
			"Terraform, or a person, wrote the setting at the same moment; the last one wins. Decide who manages it before "+
			"the next apply.", strings.Join(pending.Unasked, ", "))
	case len(pending.Missing) > 0:
		text += fmt.Sprintf(" If %s stays off, the service may not support it: take it out of log_categories.",
			strings.Join(pending.Missing, ", "))
	}
	return text
}

// interruptedWait is a warning if the state has what was accepted: after an error, Terraform would taint a new
// connector and replace it. Terraform itself reports that the run was interrupted.
func (c Connector) interruptedWait(verb string, pending *aadiam.NotVisibleError) Message {
	seen := "The service accepted the request. Waiting for its effect was then interrupted." + lastSeen(pending)
	if verb == "delete" {
		return c.message(verb, "interrupted", seen, stillInState)
	}
	return Message{Summary: fmt.Sprintf("Interrupted while waiting for the connector%s", c.quoted()),
		Detail: c.inTenant(seen, "The connector is in the state. "+planLater), Warning: true}
}

func lastSeen(pending *aadiam.NotVisibleError) string {
	if pending.LastSeen == "" {
		return ""
	}
	return " It last showed: " + pending.LastSeen + "."
}

// ImportBlock is what imports the connector.
func (c Connector) ImportBlock() string {
	return Command("import {", "  to = sentinel_aad_connector.example", fmt.Sprintf("  id = %q", c.Tenant+"/"+c.Name), "}")
}

func (c Connector) changedSincePlan(changed *aadiam.ChangedError) Message {
	problem, what := "deleted since the plan was made", ""
	if !changed.Gone {
		problem, what = "changed since the plan was made",
			"Compared with the state that the plan started from: "+strings.Join(changed.Differences, "; ")+"."
	}
	return c.message("update", problem, what,
		"Nothing was sent, because the plan did not show this. Run \"terraform plan\" again and review it.")
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
