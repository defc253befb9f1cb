# The workspace law-quiet of simulator.json has the tables but no records.
mock_provider "azurerm" {
  mock_resource "azurerm_log_analytics_workspace" {
    defaults = {
      id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-quiet"
    }
  }
}

variables {
  resource_group_name = "rg-soc"
  location            = "westeurope"
  workspace_name      = "law-quiet"
}

run "warns_and_connects_all_the_same" {
  expect_failures = [check.entra_logs_arrive]

  assert {
    condition     = output.connector_id == "/providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-quiet"
    error_message = "The connector is ${output.connector_id}."
  }
}
