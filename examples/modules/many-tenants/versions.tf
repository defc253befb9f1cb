terraform {
  required_version = ">= 1.8"

  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}
