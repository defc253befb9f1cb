# azurerm is mocked. The status is real, against the simulated Azure of simulator.json.
mock_provider "azurerm" {}

run "queries_the_table" {
  variables {
    workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
  }

  assert {
    condition     = startswith(azurerm_sentinel_alert_rule_scheduled.legacy_authentication.query, "SigninLogs\n")
    error_message = "The query is ${azurerm_sentinel_alert_rule_scheduled.legacy_authentication.query}"
  }
}
