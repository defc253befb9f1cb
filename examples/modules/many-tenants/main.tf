resource "sentinel_aad_connector" "entra" {
  for_each = var.tenants

  tenant_id                  = each.value.tenant_id
  log_analytics_workspace_id = each.value.workspace_id
  log_categories             = each.value.log_categories
  name                       = each.value.name
}

# It does not refer to the connectors: if it did, Terraform would read no tenant's status while one of them has changes.
data "sentinel_aad_connector_status" "entra" {
  for_each = var.tenants

  tenant_id                  = coalesce(each.value.workspace_tenant_id, each.value.tenant_id)
  log_analytics_workspace_id = each.value.workspace_id
  lookback                   = var.lookback

  # Without categories of its own, a tenant has the default six. The function fails if the table is not known.
  tables = each.value.log_categories == null ? null : compact([
    for category in each.value.log_categories : try(provider::sentinel::category_to_table(category), null)
  ])
  lookbacks = {
    for table, lookback in var.lookbacks : table => lookback
    if try(contains(each.value.log_categories, provider::sentinel::table_to_category(table)), true)
  }
}

# All diagnostic settings of each tenant, whoever made them.
data "sentinel_aad_connectors" "all" {
  for_each = var.tenants

  tenant_id = each.value.tenant_id
}

locals {
  silent = {
    for tenant, arrivals in data.sentinel_aad_connector_status.entra :
    tenant => [for table, status in arrivals.status : "${table} (${status.state})" if !status.receiving]
    if !arrivals.all_receiving
  }

  # The settings that are neither managed here nor known. Somebody may be sending the logs elsewhere.
  unmanaged = {
    for tenant, found in data.sentinel_aad_connectors.all : tenant => [
      for setting in found.connectors : setting
      if !contains([for name in setunion([sentinel_aad_connector.entra[tenant].name], var.tenants[tenant].other_settings) : lower(name)], lower(setting.name))
    ]
  }
}

check "entra_logs_arrive" {
  assert {
    condition     = length(local.silent) == 0
    error_message = join("\n", [for tenant, tables in local.silent : "${tenant}: not receiving ${join(", ", tables)}"])
  }
}

check "settings_are_managed" {
  assert {
    condition     = length(flatten(values(local.unmanaged))) == 0
    error_message = join("\n", [for tenant, settings in local.unmanaged : "${tenant}: not managed: ${join(", ", settings[*].name)}" if length(settings) > 0])
  }
}
