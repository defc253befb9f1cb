# A PFX file, whose password comes from ARM_CLIENT_CERTIFICATE_PASSWORD, or an unencrypted PEM file with the key and
# the certificate.
provider "sentinel" {
  tenant_id               = "5e8f1f5a-2c61-4d0b-9a37-0c8b7f3d1e42"
  client_id               = "c0ffee00-9d2e-4a57-8f31-6b1de1a5c0de"
  client_certificate_path = "entra-logs.pfx"
}
