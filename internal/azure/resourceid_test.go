package azure

import (
	"strings"
	"testing"
)

const workspaceID = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/" +
	"Microsoft.OperationalInsights/workspaces/law-soc"

func TestParseID(t *testing.T) {
	const notInGroup = "not the id of a resource in a resource group"
	for _, id := range []string{
		workspaceID, strings.ToLower(workspaceID), strings.ToUpper(workspaceID), workspaceID + "/",
	} {
		got, err := Workspace.ParseID(id)
		if err != nil || !strings.EqualFold(got.Name, "law-soc") || !strings.EqualFold(got.ResourceGroup, "rg-soc") {
			t.Errorf("ParseID(%q) = %v, %v", id, got, err)
		}
	}
	for id, want := range map[string]string{
		"":        notInGroup,
		"law-soc": notInGroup,
		workspaceID[:strings.Index(workspaceID, "/providers")]:   notInGroup,
		"/providers/microsoft.aadiam/diagnosticSettings/law-soc": notInGroup,
		"5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10":                   "is a GUID",
		workspaceID + "//":                                       notInGroup,
		workspaceID + "/providers/microsoft.securityinsights/onboardingStates/default": "whose own id is needed: " +
			workspaceID,
		strings.Replace(workspaceID, "law-soc", "law*soc", 1): "characters that no name",
		strings.Replace(workspaceID, "law-soc", "law%soc", 1): "characters that no name",
		strings.Replace(workspaceID, "law-soc", "law soc", 1): "characters that no name",
		strings.Replace(workspaceID, "law-soc", "..", 1):      "characters that no name",
		strings.Replace(workspaceID, "rg-soc", "rg?soc", 1):   "characters that no name",
		"/" + workspaceID:                  notInGroup,
		workspaceID + "/tables/SigninLogs": "Microsoft.OperationalInsights/workspaces/tables",
		strings.Replace(workspaceID, "5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10", "my-subscription", 1): "subscription GUID",
		strings.Replace(workspaceID, "Microsoft.OperationalInsights/workspaces",
			"Microsoft.Storage/storageAccounts", 1): "is the id of a Microsoft.Storage/storageAccounts",
		strings.Replace(workspaceID, "resourceGroups", "groups", 1):      notInGroup,
		strings.Replace(workspaceID, "workspaces", "wor\u212aspaces", 1): notInGroup,
	} {
		_, err := Workspace.ParseID(id)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseID(%q): error = %v, want one with %q", id, err, want)
		}
	}
}

func TestEventHubRuleMustBeTheNamespaces(t *testing.T) {
	namespace := "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg/providers/" +
		"Microsoft.EventHub/namespaces/ns"
	if _, err := EventHubRule.ParseID(namespace + "/authorizationRules/send"); err != nil {
		t.Error(err)
	}
	if _, err := EventHubRule.ParseID(namespace + "/eventhubs/hub/authorizationRules/send"); err == nil {
		t.Error("the rule of a single hub was taken")
	}
}

func TestIsGUID(t *testing.T) {
	const guid = "aaaaaaaa-1111-4111-8111-111111111111"
	for text, want := range map[string]bool{
		guid: true, strings.ToUpper(guid): true, "": false, "contoso.onmicrosoft.com": false, "{" + guid + "}": false,
		"urn:uuid:" + guid: false, strings.ReplaceAll(guid, "-", ""): false,
	} {
		if got := IsGUID(text); got != want {
			t.Errorf("IsGUID(%q) = %v", text, got)
		}
	}
}
