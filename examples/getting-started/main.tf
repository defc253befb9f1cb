terraform {
  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}

# Signs in with "az login", or with the environment (ARM_TENANT_ID, ARM_CLIENT_ID, ...).
provider "sentinel" {}

variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace that Sentinel uses."
  type        = string
}

resource "sentinel_aad_connector" "entra" {
  log_analytics_workspace_id = var.workspace_id
}
