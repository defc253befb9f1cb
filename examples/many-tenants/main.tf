terraform {
  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}

locals {
  tenants = {
    contoso = {
      tenant_id    = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
      workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
    }
    fabrikam = {
      tenant_id      = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
      workspace_id   = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
      log_categories = ["AuditLogs", "SignInLogs"]
    }
  }
}

# One provider for all of them, with a separate token for each tenant.
provider "sentinel" {
  allowed_tenant_ids = [for tenant in local.tenants : tenant.tenant_id]
}

module "entra_logs" {
  source  = "../modules/many-tenants"
  tenants = local.tenants
}

output "silent" {
  value = module.entra_logs.silent
}
