# The fleet at a glance: see the guide.
output "report" {
  value = module.entra_logs.report
}

output "unmanaged" {
  value = module.entra_logs.unmanaged
}
