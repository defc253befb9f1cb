terraform {
  required_providers {
    sentinel = {
      source = "registry.terraform.io/terraform-provider-sentinel/sentinel"
    }
  }
}

variable "connectors" {
  type = map(object({ tenant_id = string, workspace_id = string }))
}

provider "sentinel" {
  allowed_tenant_ids = ["*"]
}

resource "sentinel_aad_connector" "this" {
  for_each = var.connectors

  tenant_id                  = each.value.tenant_id
  name                       = each.key
  log_analytics_workspace_id = each.value.workspace_id
}
