# Other tenants without a secret. A managed identity can only sign in to its own tenant, but a multi-tenant app that
# trusts it can sign in to others.
provider "sentinel" {
  use_oidc                   = true
  use_msi                    = true
  managed_identity_client_id = "1d5c3e0a-7b42-4f9d-8a66-90e1b2c3d4f5" # the identity; without it, the system-assigned one
  client_id                  = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de" # the app, with a federated credential for it
  tenant_id                  = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  allowed_tenant_ids         = ["7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"]
}
