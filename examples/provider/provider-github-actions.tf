# In a job with the permission "id-token: write". The app has a federated credential for the repository's branch or
# environment.
provider "sentinel" {
  use_oidc  = true
  tenant_id = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  client_id = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
}
