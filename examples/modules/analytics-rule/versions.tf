terraform {
  required_version = ">= 1.8"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
    sentinel = {
      source = "terraform-provider-sentinel/sentinel"
    }
  }
}
