resource "azurerm_resource_group" "soc" {
  name     = var.resource_group_name
  location = var.location
}

resource "azurerm_log_analytics_workspace" "soc" {
  name                = var.workspace_name
  resource_group_name = azurerm_resource_group.soc.name
  location            = azurerm_resource_group.soc.location
  retention_in_days   = var.retention_in_days
}

resource "azurerm_sentinel_log_analytics_workspace_onboarding" "soc" {
  workspace_id = azurerm_log_analytics_workspace.soc.id
}

# Taking the id from the onboarding creates Sentinel first.
resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = azurerm_sentinel_log_analytics_workspace_onboarding.soc.workspace_id
  log_categories             = var.log_categories
}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
  tables                     = values(sentinel_aad_connector.entra.tables)
  lookbacks = {
    for table, lookback in var.lookbacks : table => lookback if contains(values(sentinel_aad_connector.entra.tables), table)
  }
}

# Warns but stops nothing. After the first apply it warns until the first records arrive, which can take three days. The
# data source is outside the block: Terraform would read one inside it in every apply, so no plan would be empty.
check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "Not receiving: ${join(", ", [for table, status in data.sentinel_aad_connector_status.entra.status : "${table} (${status.state})" if !status.receiving])}."
  }
}
