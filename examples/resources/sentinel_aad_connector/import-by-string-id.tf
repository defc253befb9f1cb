import {
  to = sentinel_aad_connector.entra
  id = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42/AzureSentinel_law-soc" # without a tenant: the provider's
}
