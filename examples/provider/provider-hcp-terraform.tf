# In a workspace with TFC_AZURE_PROVIDER_AUTH = true and TFC_AZURE_RUN_CLIENT_ID. HCP Terraform sets this variable.
variable "tfc_azure_dynamic_credentials" {
  type = object({
    default = object({
      client_id_file_path  = string
      oidc_token_file_path = string
    })
  })
}

provider "sentinel" {
  use_oidc             = true
  tenant_id            = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  client_id_file_path  = var.tfc_azure_dynamic_credentials.default.client_id_file_path
  oidc_token_file_path = var.tfc_azure_dynamic_credentials.default.oidc_token_file_path
}
