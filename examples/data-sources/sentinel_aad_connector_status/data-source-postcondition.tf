# A postcondition stops the plan. This one ignores tables that never had a record, and stops if a table has gone silent.
data "sentinel_aad_connector_status" "must_arrive" {
  log_analytics_workspace_id = var.workspace_id

  lifecycle {
    postcondition {
      condition     = alltrue([for status in self.status : status.state != "silent" || status.last_record_time == null])
      error_message = "Gone silent: ${join(", ", [for table, status in self.status : "${table} since ${status.last_record_time}" if status.state == "silent" && status.last_record_time != null])}."
    }
  }
}
