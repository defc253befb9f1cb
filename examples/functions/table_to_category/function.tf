# "ProvisioningLogs"
output "category" {
  value = provider::sentinel::table_to_category("AADProvisioningLogs")
}
