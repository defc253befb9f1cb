data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = sentinel_aad_connector.entra.log_analytics_workspace_id
  tables                     = values(sentinel_aad_connector.entra.tables)
}

output "entra_logs" {
  value = {
    for table, status in data.sentinel_aad_connector_status.entra.status :
    status.category => status.last_record_time == null ? status.state : "${status.state}, last record ${status.last_record_time}"
  }
}
