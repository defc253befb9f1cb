variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace to watch."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group to create the alert rule and its action group in."
  type        = string
}

variable "location" {
  description = "The Azure region of the workspace."
  type        = string
}

variable "name" {
  description = "The name of the alert rule and of its action group."
  type        = string
  default     = "entra-logs-silent"
}

# A table on the Basic or Auxiliary plan would make the query fail. Provisioning and managed identities are quiet for weeks.
variable "tables" {
  description = "The tables to watch: Analytics tables that always receive something within the lookback."
  type        = set(string)
  default     = ["AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs", "SigninLogs"]
}

variable "lookback" {
  description = "How long a table may be silent, as an ISO 8601 duration."
  type        = string
  default     = "P1D"

  validation {
    condition     = contains(["PT1H", "PT2H", "PT3H", "PT6H", "PT12H", "PT18H", "P1D", "PT36H", "P2D"], var.lookback)
    error_message = "A log search alert looks back two days at most: use PT1H, PT2H, PT3H, PT6H, PT12H, PT18H, P1D, PT36H or P2D."
  }
}

variable "severity" {
  description = "The severity of the alert, from 0 (critical) to 4 (verbose)."
  type        = number
  default     = 2
}

variable "email_addresses" {
  description = "Who is told, by name."
  type        = map(string)
}
