variable "workspace_id" {
  description = "The resource id of the Log Analytics workspace that Sentinel uses."
  type        = string
}

variable "wait" {
  description = "How long to wait for the first record. It can take three days after the category is connected."
  type        = string
  default     = "1h"
}
