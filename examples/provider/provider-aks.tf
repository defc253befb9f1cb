# In a pod with workload identity. The webhook sets AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE.
provider "sentinel" {
  use_aks_workload_identity = true
}
