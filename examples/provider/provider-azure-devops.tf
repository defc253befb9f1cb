# In a step that sets SYSTEM_ACCESSTOKEN to $(System.AccessToken). The first id is the service connection's.
provider "sentinel" {
  use_oidc                           = true
  ado_pipeline_service_connection_id = "d3b07384-d9a0-4c9b-8f3e-2a1c5d6e7f80"
  tenant_id                          = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  client_id                          = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
}
