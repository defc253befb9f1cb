import {
  to = sentinel_aad_connector.entra
  identity = {
    name      = "AzureSentinel_law-soc"
    tenant_id = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42" # default: the provider's tenant
  }
}
