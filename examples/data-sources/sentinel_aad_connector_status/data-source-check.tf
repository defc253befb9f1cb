# A check warns in every plan and apply, and stops none.
check "entra_logs_arrive" {
  assert {
    condition     = data.sentinel_aad_connector_status.entra.all_receiving
    error_message = "No record for a week in: ${join(", ", setsubtract(data.sentinel_aad_connector_status.entra.tables, data.sentinel_aad_connector_status.entra.receiving_tables))}."
  }
}
