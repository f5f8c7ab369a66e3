path "sys/policies/acl" {
  capabilities = ["list"]
}
path "auth/jwt-nomad/role" {
  capabilities = ["list"]
}
path "sys/policies/acl/drover-*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "auth/jwt-nomad/role/drover-*" {
  capabilities = ["create", "read", "update", "delete"]
}
path "secret/data/drover/*" {
  capabilities = ["create"]
}
path "secret/metadata/drover/*" {
  capabilities = ["create", "read", "update", "list"]
}
