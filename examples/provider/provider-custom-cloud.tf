# A cloud that the provider does not know by name, without contacting Microsoft's public cloud.
provider "sentinel" {
  environment                = "custom"
  disable_instance_discovery = true

  endpoint = {
    active_directory_authority_host = "https://login.cloud.example"
    resource_manager_endpoint       = "https://management.cloud.example"
    resource_manager_audience       = "https://management.core.cloud.example/"
    log_analytics_endpoint          = "https://api.loganalytics.cloud.example/v1" # only sentinel_aad_connector_status needs these two
    log_analytics_audience          = "https://api.loganalytics.cloud.example"
  }
}
