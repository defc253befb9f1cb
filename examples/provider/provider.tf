terraform {
  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}

# Signs in as "az login" did, or by ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET.
provider "sentinel" {}
