variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace that Sentinel uses."
  type        = string
}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}
