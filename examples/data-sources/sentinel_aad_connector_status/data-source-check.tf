# A check warns in every plan and apply, and stops none. It uses the data source above, of data-source.tf.
check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "Not receiving: ${join(", ", [for table, status in data.sentinel_aad_connector_status.entra.status : "${table} (${status.state})" if !status.receiving])}."
  }
}
