output "alert_rule_id" {
  description = "The alert rule."
  value       = azurerm_monitor_scheduled_query_rules_alert_v2.silent.id
}

output "action_group_id" {
  description = "The action group, to add further receivers to by hand."
  value       = azurerm_monitor_action_group.soc.id
}
