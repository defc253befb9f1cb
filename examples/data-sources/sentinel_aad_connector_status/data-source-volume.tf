# Warns if the volume of a table in the last day is three times its average over two weeks, and more than 100 MB.
data "sentinel_aad_connector_status" "day" {
  log_analytics_workspace_id = var.workspace_id
  lookback                   = "P1D"
}

data "sentinel_aad_connector_status" "two_weeks" {
  log_analytics_workspace_id = var.workspace_id
  lookback                   = "P14D"
}

locals {
  swollen = [
    for table, status in data.sentinel_aad_connector_status.day.status : table
    if coalesce(status.daily_average_mb, 0) > max(100, 3 * coalesce(data.sentinel_aad_connector_status.two_weeks.status[table].daily_average_mb, 0))
  ]
}

check "entra_logs_do_not_swell" {
  assert {
    condition     = length(local.swollen) == 0
    error_message = "Three times the usual volume: ${join(", ", local.swollen)}."
  }
}
