output "workspace_id" {
  description = "The workspace's resource id, available once Sentinel is onboarded."
  value       = azurerm_sentinel_log_analytics_workspace_onboarding.soc.workspace_id
}

output "connector_id" {
  description = "The diagnostic setting that streams the logs."
  value       = sentinel_aad_connector.entra.id
}

output "tables" {
  description = "The table that each log category arrives in."
  value       = sentinel_aad_connector.entra.tables
}
