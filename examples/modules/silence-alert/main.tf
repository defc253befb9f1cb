resource "azurerm_monitor_action_group" "soc" {
  name                = var.name
  resource_group_name = var.resource_group_name
  short_name          = "entra-silent"

  dynamic "email_receiver" {
    for_each = var.email_addresses

    content {
      name                    = email_receiver.key
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

# Fires once for each table that is silent or missing, and resolves when the table receives data again.
resource "azurerm_monitor_scheduled_query_rules_alert_v2" "silent" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  display_name        = "Entra ID logs are silent"
  description         = "A table has received no record for ${var.lookback}. LastRecord is empty if there was none in two days."

  scopes                  = [var.workspace_id]
  severity                = var.severity
  evaluation_frequency    = "PT1H"
  window_duration         = "P2D" # the longest time range of an alert's query
  auto_mitigation_enabled = true

  criteria {
    query                   = provider::sentinel::silence_query(var.tables, var.lookback)
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0

    dimension {
      name     = "TableName"
      operator = "Include"
      values   = ["*"]
    }

    failing_periods {
      minimum_failing_periods_to_trigger_alert = 1
      number_of_evaluation_periods             = 1
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.soc.id]
  }
}
