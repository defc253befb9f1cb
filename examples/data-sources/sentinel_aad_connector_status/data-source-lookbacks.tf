# The recommended lookbacks: seven days, and thirty for tables that are quiet by nature.
data "sentinel_aad_connector_status" "tuned" {
  log_analytics_workspace_id = var.workspace_id

  lookbacks = {
    AADManagedIdentitySignInLogs = "P30D" # monthly jobs
    AADProvisioningLogs          = "P30D" # people who join and leave
  }
}
