# An output that changes with every plan, and a data source in a check, which every plan reads again. Neither is drift.
variable "workspace_id" {}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

data "sentinel_aad_connectors" "all" {}

data "sentinel_aad_connector_status" "entra" {
  log_analytics_workspace_id = var.workspace_id
}

check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "Silent: ${join(", ", data.sentinel_aad_connector_status.entra.silent_tables)}."
  }
}

output "records" {
  value = data.sentinel_aad_connector_status.entra.status["AuditLogs"].record_count
}

check "audit_logs_arrive" {
  data "sentinel_aad_connector_status" "audit" {
    log_analytics_workspace_id = var.workspace_id
    tables                     = ["AuditLogs"]
  }
  assert {
    condition     = data.sentinel_aad_connector_status.audit.all_receiving
    error_message = "Silent: AuditLogs."
  }
}
