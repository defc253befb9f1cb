variable "connectors" {
  type = map(object({ tenant_id = string, workspace_id = string }))
}

resource "terraform_data" "this" {
  for_each = var.connectors

  input = each.value
}
