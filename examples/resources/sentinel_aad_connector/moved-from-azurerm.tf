resource "sentinel_aad_connector" "moved" {
  name                       = "entra-logs" # the setting's name
  log_analytics_workspace_id = var.workspace_id
  log_categories             = ["AuditLogs", "SignInLogs"]
}

moved {
  from = azurerm_monitor_aad_diagnostic_setting.entra
  to   = sentinel_aad_connector.moved
}
