# Waits for the first records, which take from a few minutes to three days. Use it in a separate run, after the
# connector exists.
data "sentinel_aad_connector_status" "first_records" {
  log_analytics_workspace_id = var.workspace_id
  tables                     = ["SigninLogs"]
  wait_for_data              = true

  timeouts {
    read = "1h"
  }
}
