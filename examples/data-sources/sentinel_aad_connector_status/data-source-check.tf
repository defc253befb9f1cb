# A check warns in every plan and apply, but stops nothing. It uses the data source in data-source.tf, above.
check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "Not receiving: ${join(", ", [for table, status in data.sentinel_aad_connector_status.entra.status : "${table} (${status.state})" if !status.receiving])}."
  }
}
