# Every argument, in a second setting for other categories.
resource "sentinel_aad_connector" "risk" {
  name                       = "Entra risk"
  tenant_id                  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  log_analytics_workspace_id = var.workspace_id
  log_categories             = ["RiskyUsers", "UserRiskEvents", "RiskyServicePrincipals", "ServicePrincipalRiskEvents"]

  # The same logs also go here.
  storage_account_id             = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.Storage/storageAccounts/entraarchive"
  eventhub_authorization_rule_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.EventHub/namespaces/siem/authorizationRules/send"
  eventhub_name                  = "entra"

  timeouts {
    create = "10m"
    update = "10m"
    delete = "10m"
  }
}
