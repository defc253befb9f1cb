package azure

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// ResourceType is the kind of Azure resource that an id must name.
type ResourceType struct {
	Noun string // what people call it, with its article
	path string // the end of an id, with <placeholders> for names
}

// The destinations of a diagnostic setting. For an event hub, the authorization rule must be the namespace's, not a
// single hub's: internal/azuresim/README.md, "Destinations".
var (
	Workspace      = ResourceType{"a Log Analytics workspace", "Microsoft.OperationalInsights/workspaces/<name>"}
	StorageAccount = ResourceType{"a storage account", "Microsoft.Storage/storageAccounts/<name>"}
	EventHubRule   = ResourceType{"an event hub namespace authorization rule",
		"Microsoft.EventHub/namespaces/<namespace>/authorizationRules/<rule>"}
)

var (
	placeholder = regexp.MustCompile(`/<[^/]+>`)
	// onboarding matches the id of Sentinel's onboarding state, which begins with the workspace's and is easily mistaken
	// for it.
	onboarding = regexp.MustCompile(`(?i)^(.+)/providers/Microsoft\.SecurityInsights/onboardingStates/[^/]+$`)
	// idShape splits an id: the subscription, the group, and the namespace with the types and names that follow it.
	idShape = regexp.MustCompile(`(?i)^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+(?:/[^/]+/[^/]+)+)$`)
	// plainName matches what the rules for names of groups, workspaces, accounts and namespaces have in common
	// (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules).
	plainName = regexp.MustCompile(`^[\p{L}\p{N}_().-]*[\p{L}\p{N}_()-]$`)
)

// ParseID checks that an id is of a resource of this type in a resource group, and returns the resource's name. Letter
// case does not matter, nor does a slash at the end.
func (r ResourceType) ParseID(id string) (string, error) {
	shape := "/subscriptions/<subscription id>/resourceGroups/<group>/providers/" + r.path
	id = strings.TrimSuffix(id, "/")
	if m := onboarding.FindStringSubmatch(id); m != nil {
		return "", fmt.Errorf("%q is the id of Sentinel's onboarding state on %s, whose own id is needed: %s",
			id, r.Noun, m[1])
	}
	if uuid.Validate(id) == nil {
		return "", fmt.Errorf("%q is a GUID, and the resource id of %s is needed: %s", id, r.Noun, shape)
	}
	parts := idShape.FindStringSubmatch(id)
	if parts == nil || !isASCII(strings.Replace(id, parts[2], "", 1)) {
		return "", fmt.Errorf("%q is not the id of a resource in a resource group; that of %s looks like %s",
			id, r.Noun, shape)
	}
	path := strings.Split(parts[3], "/")
	kind := path[0]
	for pair := range slices.Chunk(path[1:], 2) {
		kind += "/" + pair[0]
	}
	switch {
	case !strings.EqualFold(kind, placeholder.ReplaceAllString(r.path, "")):
		return "", fmt.Errorf("%q is the id of a %s, and that of %s is needed: %s", id, kind, r.Noun, shape)
	case slices.ContainsFunc(append(path, parts[2]), func(name string) bool { return !plainName.MatchString(name) }):
		return "", fmt.Errorf("%q contains characters that no name in an Azure resource id has; it should look like %s",
			id, shape)
	case !IsGUID(parts[1]):
		return "", fmt.Errorf("%q lacks a subscription GUID, a resource group or a name; it should look like %s",
			id, shape)
	}
	return path[len(path)-1], nil
}

// isASCII rules out letters that case folding takes for others, such as the Kelvin sign for a k.
func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// IsGUID reports whether a text is a GUID as Azure writes it. A tenant must be named in this form, because tokens name
// it in this form.
func IsGUID(text string) bool {
	const plainForm = 36 // uuid.Validate also accepts braces, a URN prefix and a form without dashes
	return len(text) == plainForm && uuid.Validate(text) == nil
}

// ContainsFold reports whether a list has a name in any letter case, which Azure ignores in names.
func ContainsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
