namespace "drover" {
  capabilities = ["list-jobs", "parse-job", "read-job", "submit-job", "alloc-lifecycle", "read-logs", "read-fs", "host-volume-create", "host-volume-read", "host-volume-delete"]
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
