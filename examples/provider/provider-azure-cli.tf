# Signs in as the person who ran "az login --tenant 5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42 --allow-no-subscriptions".
provider "sentinel" {
  tenant_id = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  use_cli   = true # only needed if the environment selects another method
}
