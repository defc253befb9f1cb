import {
  for_each = local.tenants
  to       = module.entra_logs.sentinel_aad_connector.entra[each.key]
  id       = "${each.value.tenant_id}/AzureSentinel_${basename(each.value.workspace_id)}"
}
