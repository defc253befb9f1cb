import {
  for_each = var.connectors

  to = sentinel_aad_connector.this[each.key]
  id = "${each.value.tenant_id}/${each.key}"
}
