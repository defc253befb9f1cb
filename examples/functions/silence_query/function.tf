# A row for each of the tables that received nothing for a day, for a log search alert or a workbook.
output "silent_tables" {
  value = provider::sentinel::silence_query(["SigninLogs", "AuditLogs"], "P1D")
}
