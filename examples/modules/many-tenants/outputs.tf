output "connectors" {
  description = "The diagnostic setting of each tenant."
  value       = { for tenant, connector in sentinel_aad_connector.entra : tenant => connector.id }
}

output "silent" {
  description = "The tables that do not receive, with their states, by tenant."
  value       = local.silent
}

output "unmanaged" {
  description = "The names of the diagnostic settings that are neither managed here nor in other_settings, by tenant."
  value       = { for tenant, settings in local.unmanaged : tenant => settings[*].name if length(settings) > 0 }
}

output "report" {
  description = "All tenants at a glance, in Markdown. It changes with every plan, because it contains ages."
  value       = local.report
}
