variable "resource_group_name" {
  description = "The resource group to create for the workspace."
  type        = string
}

variable "location" {
  description = "The Azure region of the resource group and the workspace."
  type        = string
}

variable "workspace_name" {
  description = "The Log Analytics workspace to create for Sentinel. The connector is named after it."
  type        = string
}

variable "retention_in_days" {
  description = "How long the workspace keeps its logs."
  type        = number
  default     = 90
}

variable "log_categories" {
  description = "The log categories to stream. Null means the default six."
  type        = set(string)
  default     = null
}

variable "lookbacks" {
  description = "The maximum age of a table's last record, for tables that are quiet by nature. For others it is seven days."
  type        = map(string)
  default     = { AADManagedIdentitySignInLogs = "P30D", AADProvisioningLogs = "P30D" }
}
