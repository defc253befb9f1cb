# "SigninLogs"
output "table" {
  value = provider::sentinel::category_to_table("SignInLogs")
}
