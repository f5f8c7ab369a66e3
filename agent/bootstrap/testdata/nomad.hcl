namespace "drover" {
  capabilities = ["list-jobs", "parse-job", "read-job", "submit-job", "read-logs", "read-fs", "host-volume-create", "host-volume-read"]
}
node {
  policy = "read"
}
agent {
  policy = "read"
}
host_volume "*" {
  policy = "write"
}
