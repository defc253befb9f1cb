# A fleet of five, in five states. Azure is simulated, with the contents of simulator.json.
provider "sentinel" {
  allowed_tenant_ids = ["*"]
}

variables {
  tenants = {
    contoso = {
      tenant_id    = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
      workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
    }
    fabrikam = { # two tables never had a record
      tenant_id    = "7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"
      workspace_id = "/subscriptions/9e3c7a52-61d8-4b0f-8a94-2f5b6c7d8e90/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-fabrikam"
    }
    northwind = { # the sign-ins stopped nine days ago, and provisioning ten, which is no alarm
      tenant_id    = "a41c6e0f-5d27-4c1b-8f63-2e9d7b5a3c14"
      workspace_id = "/subscriptions/b52d7f10-6e38-4d2c-9074-3fae8c6b4d25/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-northwind"
    }
    tailspin = { # one table may not be read, and another category is not streamed
      tenant_id      = "c63e8021-7f49-4e3d-a185-40bf9d7c5e36"
      workspace_id   = "/subscriptions/d74f9132-805a-4f4e-b296-51c0ae8d6f47/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-tailspin"
      log_categories = ["AuditLogs", "ManagedIdentitySignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "SignInLogs"]
    }
    wingtip = { # somebody sends the logs elsewhere
      tenant_id      = "e850a243-916b-405f-83a7-62d1bf9e7058"
      workspace_id   = "/subscriptions/f961b354-a27c-4160-94b8-73e2c0af8169/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-wingtip"
      other_settings = ["backup"]
    }
  }
}

run "reports_the_fleet" {
  expect_failures = [check.entra_logs_arrive, check.settings_are_managed]

  assert {
    condition     = length(output.connectors) == 5 && output.connectors.wingtip == "/providers/microsoft.aadiam/diagnosticSettings/AzureSentinel_law-wingtip"
    error_message = "The connectors are ${jsonencode(output.connectors)}."
  }

  assert {
    condition = output.silent == {
      fabrikam  = ["AADManagedIdentitySignInLogs (silent)", "AADProvisioningLogs (missing)"]
      northwind = ["SigninLogs (silent)"]
      tailspin  = ["AuditLogs (denied)"]
    }
    error_message = "Silent: ${jsonencode(output.silent)}."
  }

  assert {
    condition     = output.unmanaged == { wingtip = ["Copy"] }
    error_message = "Unmanaged: ${jsonencode(output.unmanaged)}."
  }

  assert {
    condition     = output.report == trimspace(file("tests/report.md"))
    error_message = "The report is\n${output.report}"
  }
}

run "reports_a_fleet_without_findings" {
  variables {
    tenants = {
      contoso = {
        tenant_id    = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
        workspace_id = "/subscriptions/5d1f0f3a-7a86-4f0e-8a3c-1f6d5f2f6a10/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/law-soc"
      }
    }
  }

  assert {
    condition     = startswith(output.report, "### No tenant of 1 has a silent table\n")
    error_message = "The report is\n${output.report}"
  }

  assert {
    condition     = output.silent == {} && output.unmanaged == {}
    error_message = "Silent: ${jsonencode(output.silent)}. Unmanaged: ${jsonencode(output.unmanaged)}."
  }
}
