data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
  tables                     = values(sentinel_aad_connector.entra.tables)
}

output "tables" {
  value = { for table, status in data.sentinel_aad_connector_status.entra.status : table => status.state }
}
