output "connectors" {
  description = "The diagnostic setting of each tenant."
  value       = { for tenant, connector in sentinel_aad_connector.entra : tenant => connector.id }
}

output "silent" {
  description = "The tables that do not receive, with their states, of each tenant that has such."
  value       = local.silent
}
