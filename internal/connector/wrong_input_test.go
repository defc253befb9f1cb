package connector_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-sentinel/terraform-provider-sentinel/internal/protocol"
)

// What is wrong with the input is said before anything is sent.
func TestWrongInput(t *testing.T) {
	const hub = group + "Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r"
	type testCase struct {
		config string
		says   []string
	}
	each(t, map[string]testCase{
		"a workspace's customer id": {connector("5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10"),
			[]string{"Not the id of a Log Analytics workspace", "is a GUID, and the resource id", "workspaces/<name>"}},
		"another kind of resource": {connector(archive), []string{"is the id of a Microsoft.Storage/storageAccounts"}},
		"Sentinel's onboarding state": {connector(lawSOC + "/providers/Microsoft.SecurityInsights/onboardingStates/default"),
			[]string{"is the id of Sentinel's onboarding state", lawSOC}},
		"an empty set": {connector(lawSOC, "log_categories = []"), []string{"No log categories",
			"deletes a diagnostic setting without categories", "omit log_categories", "remove the resource"}},
		"a category in another case": {connector(lawSOC, categories("AuditLogs", "signinlogs")),
			[]string{`"signinlogs" is spelled "SignInLogs"`}},
		"a table for its category": {connector(lawSOC, categories("SigninLogs")),
			[]string{`"SigninLogs" is the Log Analytics table. The category that arrives in it is "SignInLogs"`}},
		"a table in another case": {connector(lawSOC, categories("aadprovisioninglogs")),
			[]string{"the Log Analytics table AADProvisioningLogs", `The category that arrives in it is "ProvisioningLogs"`}},
		"another provider's category": {connector(lawSOC, categories("AuditLogs", "CustomSecurityAttributeAuditLogs")),
			[]string{"another resource provider", "Microsoft.AadCustomSecurityAttributesDiagnosticSettings"}},
		"its table": {connector(lawSOC, categories("AADCustomSecurityAttributeAuditLogs")),
			[]string{"another resource provider"}},
		"a category twice": {connector(lawSOC, categories("BrandNewLogs", "brandnewlogs")),
			[]string{"the same category in two spellings"}},
		"an empty category": {connector(lawSOC, categories("")), []string{"it is empty"}},
		"an illegal name": {connector(lawSOC, line("name", "logs/entra")),
			[]string{"Not a name for a diagnostic setting", `contains '/'`}},
		"an empty name":         {connector(lawSOC, line("name", "")), []string{"The name is empty; omit it"}},
		"a dotted name":         {connector(lawSOC, line("name", "..")), []string{"is a dot"}},
		"a name with a newline": {connector(lawSOC, line("name", "entra\nlogs")), []string{"control character"}},
		"a workspace's odd name": {connector(strings.Replace(lawSOC, "law-soc", "law*soc", 1)),
			[]string{"characters that no name"}},
		"too long a name": {connector(lawSOC, line("name", strings.Repeat("x", 261))),
			[]string{"261 characters; the limit is 260"}},
		"a tenant's domain": {connector(lawSOC, line("tenant_id", "contoso.onmicrosoft.com")),
			[]string{"Not a tenant id", "is not a GUID"}},
		"a hub's own rule": {connector(lawSOC, line("eventhub_authorization_rule_id", hub)),
			[]string{"event hub namespace authorization rule"}},
		"a hub without a rule": {connector(lawSOC, line("eventhub_name", "entra")),
			[]string{`"eventhub_authorization_rule_id" must be specified`}},
	}, func(r *run, test testCase) {
		r.fails(r.refused(r.Provider()+test.config), test.says...)
	})
}

// refused plans what must not send anything.
func (r *run) refused(config string) protocol.Diagnostics {
	r.Helper()
	said := r.tf.Plan(config).Diagnostics
	if requests := r.Sim.Requests(); len(requests) > 0 {
		r.Errorf("%d requests were sent, the first to %s", len(requests), requests[0].Path)
	}
	return said
}
