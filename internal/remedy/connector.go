package remedy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
		advice := advise("changed since the plan was made", "<differences>", strings.Join(changed.Differences, "; "))
		if changed.Gone {
			advice = advise("deleted since the plan was made")
		}
		return c.message("update", advice.Problem, advice.Remedy)
	}
	if errors.Is(err, aadiam.ErrExists) {
		advice := advise("already exists", c.known()...)
		return c.message("create", advice.Problem, advice.Remedy)
	}
	advice, uncertain := For(err, c.Tenant), ""
	if errors.As(err, new(*aadiam.UncertainError)) {
		uncertain = advise("No answer says whether it was applied").Remedy
		if verb == "create" {
			uncertain = advise("No answer says whether it was created").Remedy
		}
		if errors.Is(err, context.Canceled) {
			advice.Remedy = "" // which says the same of the plan
		}
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

// known pairs words of the document with what the connector has in their place.
func (c Connector) known() []string {
	return []string{"<tenant>", c.Tenant, "<import id>", strconv.Quote(c.Tenant + "/" + c.Name),
		"<categories>", strings.Join(c.Categories, ", "), "<workspace id>", c.WorkspaceID}
}

// Exists says how to go on where a setting of the connector's name is there already.
func (c Connector) Exists() string { return advise("The setting exists", c.known()...).Remedy }

// notVisible explains a change that was accepted and did not become visible. What to do depends on how Terraform treats
// the error. An interrupted wait is a warning if the state has what was accepted: after an error, Terraform would taint
// a new connector and replace it. Terraform itself reports that the run was interrupted.
func (c Connector) notVisible(verb string, pending *aadiam.NotVisibleError) Message {
	shown := ""
	if pending.LastSeen != "" {
		shown = " It last showed: " + pending.LastSeen + "."
	}
	next := advise("After an unfinished " + verb).Remedy
	gaveUp := errors.As(pending, new(*retry.GaveUpError))
	switch interrupted := advise("Interrupted while waiting").Remedy + shown; {
	case errors.Is(pending, context.Canceled) && verb == "delete":
		return c.message(verb, "interrupted", interrupted, next)
	case errors.Is(pending, context.Canceled):
		return Message{Summary: fmt.Sprintf("Interrupted while waiting for %s", c), Warning: true,
			Detail: c.inTenant(interrupted, "The connector is in the state. "+advise("After an unfinished update").Remedy)}
	case errors.Is(pending, context.DeadlineExceeded) && !gaveUp:
		advice := advise("the service does not show the change")
		return c.message(verb, advice.Problem, advice.Remedy+shown, c.whyNotShown(verb, pending), next)
	default:
		advice := For(pending, c.Tenant)
		return c.message(verb, "the change was accepted, then "+advice.Problem, advise("Failed while waiting").Remedy+shown,
			advice.Remedy, next, ServiceMessage(pending))
	}
}

// whyNotShown says why the content may differ from the wanted one. It blames another writer only if something shows
// that nobody asked for. The service has no ETag, so it never refuses the second of two writers.
func (c Connector) whyNotShown(verb string, pending *aadiam.NotVisibleError) string {
	heading, these := "What was asked for", pending.Missing
	switch {
	case verb == "delete" || pending.LastSeen == "":
		return ""
	case len(pending.Unasked) > 0:
		heading, these = "Shown, and not asked for", pending.Unasked
	case len(pending.Missing) > 0:
		heading = "Asked for, and not shown"
	}
	return advise(heading, append(c.known(), "<these>", strings.Join(these, ", "))...).Remedy
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
	return advise(LimitReached, "<tenant>", tenant, "<count>", strconv.Itoa(len(names)),
		"<most>", strconv.Itoa(MostSettings), "<names>", strings.Join(names, ", "), "<consequence>", consequence).Remedy
}
