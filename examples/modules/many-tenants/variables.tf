variable "tenants" {
  description = "The tenants to connect, by a short name of yours. What is left out is as the resource has it by default."
  type = map(object({
    tenant_id           = string                # must be among the provider's allowed_tenant_ids
    workspace_id        = string                # where its logs go
    workspace_tenant_id = optional(string)      # whose identity reads the workspace, where that is not the tenant itself
    log_categories      = optional(set(string)) # default: the six of Sentinel's connector page
    name                = optional(string)      # default: AzureSentinel_<workspace name>
  }))
}

variable "lookback" {
  description = "How old a table's last record may be, as an ISO 8601 duration."
  type        = string
  default     = "P7D"
}
