data "sentinel_aad_connectors" "all" {}

output "connectors" {
  value = { for c in data.sentinel_aad_connectors.all.connectors : c.name => c.log_categories }
}

# Warns about settings that nobody here made, for example one that sends the logs elsewhere.
check "only_known_settings" {
  assert {
    condition     = length(setsubtract(data.sentinel_aad_connectors.all.connectors[*].name, ["AzureSentinel_law-soc", "Entra risk"])) == 0
    error_message = "Unknown diagnostic settings: ${join(", ", setsubtract(data.sentinel_aad_connectors.all.connectors[*].name, ["AzureSentinel_law-soc", "Entra risk"]))}."
  }
}
