# azurerm is mocked. The query is the provider's own.
mock_provider "azurerm" {
  mock_resource "azurerm_monitor_action_group" {
    defaults = {
      id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.Insights/actionGroups/entra-logs-silent"
    }
  }
}

variables {
  workspace_id        = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
  resource_group_name = "rg-soc"
  location            = "westeurope"
  email_addresses     = { soc = "soc@example.com" }
}

# OpenTofu 1.12 crashes on a provider's function in an assertion.
run "asks_by_the_rule_of_the_status" {
  assert {
    condition = alltrue([
      for text in [
        "(SigninLogs |", "(AADServicePrincipalSignInLogs |", "(AADNonInteractiveUserSignInLogs |",
        "RecordCount = countif(TimeGenerated > ago(1d))", "| where RecordCount == 0",
      ] : strcontains(azurerm_monitor_scheduled_query_rules_alert_v2.silent.criteria[0].query, text)
    ])
    error_message = "The query is ${azurerm_monitor_scheduled_query_rules_alert_v2.silent.criteria[0].query}"
  }
}

run "fires_once_for_each_table" {
  assert {
    condition     = azurerm_monitor_scheduled_query_rules_alert_v2.silent.criteria[0].dimension[0].name == "TableName"
    error_message = "One alert stands for all tables."
  }

  assert {
    condition     = azurerm_monitor_scheduled_query_rules_alert_v2.silent.auto_mitigation_enabled
    error_message = "The alert would fire every hour."
  }

  assert {
    condition     = azurerm_monitor_action_group.soc.email_receiver[0].email_address == "soc@example.com"
    error_message = "Nobody is told."
  }
}

run "refuses_what_an_alert_cannot_see" {
  command = plan

  variables {
    lookback = "P7D"
  }

  expect_failures = [var.lookback]
}
