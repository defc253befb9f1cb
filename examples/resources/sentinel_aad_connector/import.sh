# Any one of these: by name, by Azure resource id in any letter case, or with the tenant before the name.
terraform import sentinel_aad_connector.entra AzureSentinel_law-soc
terraform import sentinel_aad_connector.entra /providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-soc
terraform import sentinel_aad_connector.entra 00000000-0000-0000-0000-000000000000/AzureSentinel_law-soc
