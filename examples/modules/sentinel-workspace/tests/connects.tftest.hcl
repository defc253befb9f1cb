# azurerm is mocked. The connector and its status are real, against the simulated Azure of simulator.json.
mock_provider "azurerm" {
  mock_resource "azurerm_log_analytics_workspace" {
    defaults = {
      id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
    }
  }
}

variables {
  resource_group_name = "rg-soc"
  location            = "westeurope"
  workspace_name      = "law-soc"
}

run "connects_the_six" {
  assert {
    condition     = sentinel_aad_connector.entra.name == "AzureSentinel_law-soc"
    error_message = "Sentinel's connector page would not find a setting called ${sentinel_aad_connector.entra.name}."
  }

  assert {
    condition     = length(output.tables) == 6 && output.tables["SignInLogs"] == "SigninLogs"
    error_message = "The tables are ${jsonencode(output.tables)}."
  }

  assert {
    condition     = azurerm_log_analytics_workspace.soc.retention_in_days == 90
    error_message = "The workspace keeps its logs for ${azurerm_log_analytics_workspace.soc.retention_in_days} days."
  }
}

run "streams_what_is_asked_for" {
  variables {
    log_categories = ["AuditLogs", "RiskyUsers"]
  }

  assert {
    condition     = output.tables == tomap({ AuditLogs = "AuditLogs", RiskyUsers = "AADRiskyUsers" })
    error_message = "The tables are ${jsonencode(output.tables)}."
  }
}
