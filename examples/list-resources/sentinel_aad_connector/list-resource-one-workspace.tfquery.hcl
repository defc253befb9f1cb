# The settings of another tenant that feed one workspace, with all attributes.
list "sentinel_aad_connector" "soc" {
  provider         = sentinel
  include_resource = true

  config {
    tenant_id                  = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
    log_analytics_workspace_id = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
  }
}
