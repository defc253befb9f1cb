# The category is SignInLogs, and its table SigninLogs. A rule that queries the category's name is refused, or never fires.
locals {
  table = provider::sentinel::category_to_table("SignInLogs")
}

# Azure refuses a rule whose table does not exist, and the first record creates the table.
data "sentinel_aad_connector_status" "sign_ins" {
  log_analytics_workspace_id = var.workspace_id
  tables                     = [local.table]
  wait_for_data              = true

  timeouts {
    read = var.wait
  }
}

resource "azurerm_sentinel_alert_rule_scheduled" "legacy_authentication" {
  name                       = "entra-legacy-authentication"
  log_analytics_workspace_id = data.sentinel_aad_connector_status.sign_ins.log_analytics_workspace_id
  display_name               = "Sign-in with legacy authentication"
  severity                   = "Medium"
  query_frequency            = "PT1H"
  query_period               = "PT1H"

  query = <<-QUERY
    ${one(data.sentinel_aad_connector_status.sign_ins.receiving_tables)}
    | where ClientAppUsed in ("IMAP4", "POP3", "Authenticated SMTP") and ResultType == "0"
  QUERY
}
