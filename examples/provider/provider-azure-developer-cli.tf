# Signs in as the person who ran "azd auth login".
provider "sentinel" {
  tenant_id   = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  use_dev_cli = true
}
