variable "tenants" {
  description = "The tenants to connect, by a short name. Omitted attributes have the resource's defaults."
  type = map(object({
    tenant_id           = string                    # must be in the provider's allowed_tenant_ids
    workspace_id        = string                    # the workspace to stream to
    workspace_tenant_id = optional(string)          # the tenant of the identity that reads the workspace, if another
    log_categories      = optional(set(string))     # default: the resource's six
    name                = optional(string)          # default: AzureSentinel_<workspace name>
    other_settings      = optional(set(string), []) # diagnostic settings that are known and not managed here
  }))
}

variable "lookback" {
  description = "The maximum age of a table's last record, as an ISO 8601 duration."
  type        = string
  default     = "P7D"
}

variable "lookbacks" {
  description = "The same for single tables. By default, tables that are quiet by nature get a month."
  type        = map(string)
  default     = { AADManagedIdentitySignInLogs = "P30D", AADProvisioningLogs = "P30D" }
}
