// Package entralogs is the catalogue of Microsoft Entra ID's logs: the categories that a diagnostic setting can stream,
// and the Log Analytics table of each. It does no I/O.
//
// The service offers new categories without notice. A name that is missing here is unknown, not wrong.
package entralogs

import (
	"slices"
	"strings"
)

// Category is one kind of log that Entra ID can stream.
type Category struct {
	// Name is the API's spelling.
	Name string
	// Table is the Log Analytics table of its records.
	Table string
	// Licence is what the tenant needs before the service sends records, "" if none is needed or known. The service
	// accepts a category without its licence.
	Licence string
}

const (
	p1         = "Microsoft Entra ID P1 or P2"
	p2         = "Microsoft Entra ID P2"
	workload   = "Microsoft Entra Workload ID"
	agents     = "Microsoft Entra ID P2 and Agent 365"
	access     = "Microsoft Entra Internet Access or Private Access"
	internet   = "Microsoft Entra Internet Access"
	b2cLicence = "an Azure AD B2C tenant"
)

// catalogue lists every category that public material names. Microsoft documents the tables in
// https://learn.microsoft.com/azure/azure-monitor/reference/tables-category, and which category feeds each in
// https://github.com/Azure/Azure-Sentinel (Solutions/Microsoft Entra ID/Data Connectors) and, for Global Secure Access,
// in https://learn.microsoft.com/entra/global-secure-access/how-to-sentinel-integration. Four pairs are inferred from
// equal names: GraphNotificationsActivityLogs, MicrosoftServicePrincipalSignInLogs, MicrosoftGraphPolicyLogs and
// PreAuthenticationDiscoveryLogs.
var catalogue = []Category{
	{Name: "AuditLogs", Table: "AuditLogs"},
	{Name: "SignInLogs", Table: "SigninLogs", Licence: p1},
	{Name: "NonInteractiveUserSignInLogs", Table: "AADNonInteractiveUserSignInLogs", Licence: p1},
	{Name: "ServicePrincipalSignInLogs", Table: "AADServicePrincipalSignInLogs", Licence: p1},
	{Name: "ManagedIdentitySignInLogs", Table: "AADManagedIdentitySignInLogs", Licence: p1},
	{Name: "ProvisioningLogs", Table: "AADProvisioningLogs", Licence: p1},

	{Name: "ADFSSignInLogs", Table: "ADFSSignInLogs", Licence: p1 + " and AD FS with Connect Health"},
	{Name: "RiskyUsers", Table: "AADRiskyUsers", Licence: p2},
	{Name: "UserRiskEvents", Table: "AADUserRiskEvents", Licence: p2},
	{Name: "RiskyServicePrincipals", Table: "AADRiskyServicePrincipals", Licence: workload},
	{Name: "ServicePrincipalRiskEvents", Table: "AADServicePrincipalRiskEvents", Licence: workload},
	{Name: "RiskyAgents", Table: "AADRiskyAgents", Licence: agents},
	{Name: "AgentRiskEvents", Table: "AADAgentRiskEvents", Licence: agents},
	{Name: "NetworkAccessTrafficLogs", Table: "NetworkAccessTraffic", Licence: access},
	{Name: "NetworkAccessAlerts", Table: "NetworkAccessAlerts", Licence: access},
	{Name: "NetworkAccessConnectionEvents", Table: "NetworkAccessConnectionEvents", Licence: access},
	{Name: "NetworkAccessGenerativeAIInsights", Table: "NetworkAccessGenerativeAIInsights", Licence: access},
	{Name: "RemoteNetworkHealthLogs", Table: "RemoteNetworkHealthLogs", Licence: internet},
	{Name: "EnrichedOffice365AuditLogs", Table: "EnrichedMicrosoft365AuditLogs", Licence: internet},
	{Name: "MicrosoftGraphActivityLogs", Table: "MicrosoftGraphActivityLogs", Licence: p1},
	{Name: "AzureADGraphActivityLogs", Table: "AADGraphActivityLogs"},
	{Name: "GraphNotificationsActivityLogs", Table: "GraphNotificationsActivityLogs"},
	{Name: "MicrosoftServicePrincipalSignInLogs", Table: "MicrosoftServicePrincipalSignInLogs", Licence: p1},
	{Name: "MicrosoftGraphPolicyLogs", Table: "MicrosoftGraphPolicyLogs"},
	{Name: "PreAuthenticationDiscoveryLogs", Table: "PreAuthenticationDiscoveryLogs"},
	{Name: "B2CRequestLogs", Table: "AADB2CRequestLogs", Licence: b2cLicence},
}

// connectorCategories is the number of default categories, which come first in the catalogue.
const connectorCategories = 6

// Connector returns the six categories of Microsoft's page for the connector of 2021-12-23 ("Find your data"). Today's
// page lists fifteen: https://learn.microsoft.com/azure/sentinel/connect-azure-active-directory.
func Connector() []Category { return slices.Clone(catalogue[:connectorCategories]) }

// All returns every known category.
func All() []Category { return slices.Clone(catalogue) }

// Lookup finds a category by its name in any letter case. An unknown one has this name, and no table.
func Lookup(name string) (Category, bool) {
	for _, c := range catalogue {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Category{Name: name}, false
}

// LookupTable finds a category by its table's name in any letter case.
func LookupTable(table string) (Category, bool) {
	for _, c := range catalogue {
		if strings.EqualFold(c.Table, table) {
			return c, true
		}
	}
	return Category{}, false
}

// Names returns the categories' names.
func Names(categories []Category) []string {
	names := make([]string, len(categories))
	for i, c := range categories {
		names[i] = c.Name
	}
	return names
}

// Tables maps each of the named categories to its table, and omits unknown categories.
func Tables(names []string) map[string]string {
	tables := make(map[string]string, len(names))
	for _, name := range names {
		if c, known := Lookup(name); known {
			tables[name] = c.Table
		}
	}
	return tables
}
