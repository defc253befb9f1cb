# Every setting of the tenant that feeds a workspace.
list "sentinel_aad_connector" "all" {
  provider = sentinel
}
