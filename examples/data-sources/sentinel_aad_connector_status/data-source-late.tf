# Warns if one record in twenty took more than an hour to arrive.
check "entra_logs_arrive_in_time" {
  assert {
    condition     = alltrue([for status in data.sentinel_aad_connector_status.entra.status : coalesce(status.ingestion_delay_seconds, 0) < 3600])
    error_message = "Late: ${join(", ", [for table, status in data.sentinel_aad_connector_status.entra.status : "${table} (${status.ingestion_delay_seconds} s)" if coalesce(status.ingestion_delay_seconds, 0) >= 3600])}."
  }
}
