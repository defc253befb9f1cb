variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace that Sentinel uses."
  type        = string
}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

data "sentinel_aad_log_categories" "offered" {}

# The categories that the tenant offers and the connector does not stream, with their tables.
output "not_streamed" {
  value = {
    for category, table in data.sentinel_aad_log_categories.offered.categories :
    category => table if !contains(sentinel_aad_connector.entra.log_categories, category)
  }
}
