terraform {
  required_version = ">= 1.7"

  required_providers {
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}
