# Use one of these: the name, the Azure resource id in any letter case, or the tenant and the name.
terraform import sentinel_aad_connector.entra AzureSentinel_law-soc
terraform import sentinel_aad_connector.entra /providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-soc
terraform import sentinel_aad_connector.entra 5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42/AzureSentinel_law-soc
