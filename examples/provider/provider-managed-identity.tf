# On an Azure machine, as the user-assigned identity with this client id. Without it, as the system-assigned one.
provider "sentinel" {
  use_msi   = true
  client_id = "1d5c3e0a-7b42-4f9d-8a66-90e1b2c3d4f5"
}
