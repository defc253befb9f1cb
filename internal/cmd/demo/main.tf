terraform {
  required_providers {
    sentinel = {
      source = "registry.terraform.io/terraform-provider-sentinel/sentinel"
    }
  }
}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
}
