resource "sentinel_aad_connector" "entra" {
  for_each = var.tenants

  tenant_id                  = each.value.tenant_id
  log_analytics_workspace_id = each.value.workspace_id
  log_categories             = each.value.log_categories
  name                       = each.value.name
}

data "sentinel_aad_connector_status" "entra" {
  for_each = sentinel_aad_connector.entra

  tenant_id                  = coalesce(var.tenants[each.key].workspace_tenant_id, each.value.tenant_id)
  log_analytics_workspace_id = each.value.log_analytics_workspace_id
  tables                     = values(each.value.tables)
  lookback                   = var.lookback
}

locals {
  silent = {
    for tenant, arrivals in data.sentinel_aad_connector_status.entra :
    tenant => [for table, status in arrivals.status : "${table} (${status.state})" if !status.receiving]
    if !arrivals.all_receiving
  }
}

check "entra_logs_arrive" {
  assert {
    condition     = length(local.silent) == 0
    error_message = join("\n", [for tenant, tables in local.silent : "${tenant}: not receiving ${join(", ", tables)}"])
  }
}
