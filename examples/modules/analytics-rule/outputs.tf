output "rule_id" {
  description = "The analytics rule."
  value       = azurerm_sentinel_alert_rule_scheduled.legacy_authentication.id
}
