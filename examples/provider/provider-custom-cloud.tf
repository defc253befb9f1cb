# A cloud that the provider does not know by name, without asking Microsoft's public cloud about it.
provider "sentinel" {
  environment                = "custom"
  disable_instance_discovery = true

  endpoint = {
    active_directory_authority_host = "https://login.cloud.example"
    resource_manager_endpoint       = "https://management.cloud.example"
    resource_manager_audience       = "https://management.core.cloud.example/"
    log_analytics_endpoint          = "https://api.loganalytics.cloud.example/v1" # these two for sentinel_aad_connector_status alone
    log_analytics_audience          = "https://api.loganalytics.cloud.example"
  }
}
