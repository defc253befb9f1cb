package remedy

import (
	"fmt"
	"slices"
	"strings"
)

// Paragraphs joins texts with an empty line between them, leaving out empty ones.
func Paragraphs(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), "\n\n")
}

// Command indents lines, which tells Terraform not to wrap them.
func Command(lines ...string) string { return "    " + strings.Join(lines, "\n    ") }

// assignRole is the command that gives a service principal a role. An unknown principal is "".
func assignRole(tenant, principal, scope, role string) string {
	if principal == "" {
		principal = "<object id of the enterprise application>"
	}
	return Command(
		strings.TrimSpace(azLogin(tenant)),
		"az role assignment create --assignee-principal-type ServicePrincipal \\",
		fmt.Sprintf("  --assignee-object-id %q \\", principal),
		fmt.Sprintf("  --scope %q --role %q", scope, role),
	)
}

// azLogin is the command that signs the Azure CLI in to a tenant, which may have no subscription.
func azLogin(tenant string) string {
	return Command("az login" + tenantFlag(" --tenant ", tenant) + " --allow-no-subscriptions")
}

func tenantFlag(flag, tenant string) string {
	if tenant == "" {
		return ""
	}
	return flag + tenant
}
