# The app signs in to each tenant that a resource names. A tenant that is not listed is rejected before any request.
provider "sentinel" {
  tenant_id          = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42" # the default for resources
  allowed_tenant_ids = ["7b2d9c40-83f1-4e56-b0aa-91c2d3e4f506"]
}
