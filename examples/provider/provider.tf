terraform {
  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}

# Signs in with "az login", or with ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET.
provider "sentinel" {}
