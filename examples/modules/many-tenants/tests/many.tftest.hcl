# Against the simulated Azure of simulator.json, in which two of fabrikam's tables have no records.
provider "sentinel" {
  allowed_tenant_ids = ["7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"]
}

variables {
  tenants = {
    contoso = {
      tenant_id    = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
      workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
    }
    fabrikam = {
      tenant_id      = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
      workspace_id   = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
      log_categories = ["AuditLogs", "SignInLogs"]
    }
  }
}

run "connects_both" {
  assert {
    condition = output.connectors == {
      contoso  = "/providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-soc"
      fabrikam = "/providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-fabrikam"
    }
    error_message = "The connectors are ${jsonencode(output.connectors)}."
  }

  assert {
    condition     = output.silent == {}
    error_message = "Silent: ${jsonencode(output.silent)}."
  }
}

run "tells_who_is_silent" {
  variables {
    tenants = {
      contoso = {
        tenant_id    = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
        workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
      }
      fabrikam = {
        tenant_id    = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
        workspace_id = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
      }
    }
  }

  expect_failures = [check.entra_logs_arrive]

  assert {
    condition     = output.silent == { fabrikam = ["AADManagedIdentitySignInLogs (silent)", "AADProvisioningLogs (missing)"] }
    error_message = "Silent: ${jsonencode(output.silent)}."
  }
}
