path "secret/data/{{identity.entity.aliases.auth_jwt_0a1b2c3d.metadata.nomad_namespace}}/{{identity.entity.aliases.auth_jwt_0a1b2c3d.metadata.nomad_job_id}}/*" {
  capabilities = ["read"]
}
