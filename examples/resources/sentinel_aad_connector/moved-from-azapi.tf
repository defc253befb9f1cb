resource "sentinel_aad_connector" "moved" {
  name                       = "entra-logs" # the setting's name
  log_analytics_workspace_id = var.workspace_id
  log_categories             = ["AuditLogs", "SignInLogs"]
}

moved {
  from = azapi_resource.entra
  to   = sentinel_aad_connector.moved
}
