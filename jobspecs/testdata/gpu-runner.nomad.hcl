job "runner-jzjegyqzrhzd" {
  namespace   = "drover"
  type        = "batch"
  priority    = 50
  datacenters = ["dc1"]
  node_pool   = "gpu"

  ui {
    description = <<EOT
Runner `gpu`: every run is a dispatched child of this job.

Managed by Drover, platform `acme`: change the platform file, not the job.
EOT

    link {
      label = "Versions"
      url   = "/ui/jobs/runner-jzjegyqzrhzd@drover/versions"
    }

    link {
      label = "Drover"
      url   = "https://github.com/drover-platform/drover"
    }
  }

  meta {
    drover_hash         = "0edae3dd20e2af75bcb17596896a9d7d9c2a4a0a106d7e0ea8fef77741e1e11c"
    drover_kind         = "runner"
    drover_max_duration = "96h"
    drover_platform     = "acme"
    managed_by          = "drover"
  }

  parameterized {
    payload       = "optional"
    meta_optional = ["run_id"]
  }

  group "run" {
    count            = 1
    max_run_duration = "96h"

    restart {
      attempts = 0
      interval = "5m"
      delay    = "5s"
      mode     = "fail"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    ephemeral_disk {
      sticky  = false
      migrate = false
      size    = 150
    }

    task "run" {
      driver       = "docker"
      kill_timeout = "30s"

      dispatch_payload {
        file = "run.json"
      }

      config {
        image = "registry.example/train:1.4.2"
      }

      env {
        DATABASE_URL = "/root/watchful.db"
        WATCHFUL_LOG = "info"
      }

      resources {
        cpu    = 500
        memory = 1024

        device "nvidia/gpu" {
          count = 1

          constraint {
            attribute = "${device.attr.memory}"
            operator  = ">="
            value     = "40960 MiB"
          }

          affinity {
            attribute = "${device.model}"
            operator  = "="
            value     = "H200"
            weight    = 100
          }
        }

        device "nvidia/gpu/A100" {
          count = 2
        }
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }
}
