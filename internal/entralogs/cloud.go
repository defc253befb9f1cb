package entralogs

import "strings"

// Refused returns those of the named categories that a cloud is known or suspected not to support, and how that is
// known. It returns none for a cloud without such reports. Azure refuses a whole setting for one category that it does
// not support. The clouds have the names of the provider block.
func Refused(cloud string, names []string) (refused []string, evidence string) {
	supported := func(string) bool { return true }
	switch cloud {
	case "usgovernment":
		// https://github.com/CrowdStrike/terraform-azurerm-cloud-registration (modules/log-ingestion) leaves it out for
		// this reason.
		evidence = "Azure US Government is reported to refuse it."
		supported = func(name string) bool { return !strings.EqualFold(name, "NetworkAccessTrafficLogs") }
	case "china":
		// https://learn.microsoft.com/azure/sentinel/feature-availability
		evidence = "Microsoft documents the connector in Azure operated by 21Vianet for sign-in logs and audit logs only."
		supported = func(name string) bool {
			return strings.EqualFold(name, "SignInLogs") || strings.EqualFold(name, "AuditLogs")
		}
	}
	for _, name := range names {
		if !supported(name) {
			refused = append(refused, name)
		}
	}
	return refused, evidence
}
