variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace that Sentinel uses."
  type        = string
}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
  tables                     = values(sentinel_aad_connector.entra.tables)
}

# For example SignInLogs = "receiving, last record 2026-11-23T09:14:02Z". It changes with every record.
output "entra_logs" {
  value = {
    for table, status in data.sentinel_aad_connector_status.entra.status :
    coalesce(status.category, table) => status.last_record_time == null ? status.state : "${status.state}, last record ${status.last_record_time}"
  }
}
