job "app-ay6ecoiwzp7v" {
  namespace   = "drover"
  type        = "service"
  priority    = 50
  datacenters = ["dc1"]
  node_pool   = "default"

  ui {
    description = <<EOT
App of profile `labeller`, owned by `user-yqvsvmxwvz2f`.

Managed by Drover, platform `acme`: change the platform file, not the job.
EOT

    link {
      label = "Versions"
      url   = "/ui/jobs/app-ay6ecoiwzp7v@drover/versions"
    }

    link {
      label = "Drover"
      url   = "https://github.com/drover-platform/drover"
    }
  }

  meta {
    drover_hash     = "309bea3e8ab216a9462b7f8adfedaeffe805c5a92bc6f404b1ac4609ca2492dd"
    drover_kind     = "app"
    drover_owner    = "user-yqvsvmxwvz2f"
    drover_platform = "acme"
    managed_by      = "drover"
  }

  group "app" {
    count          = 1
    shutdown_delay = "2s"

    update {
      max_parallel      = 1
      health_check      = "checks"
      min_healthy_time  = "5s"
      healthy_deadline  = "5m"
      progress_deadline = "10m"
      canary            = 0
      auto_revert       = true
      auto_promote      = false
    }

    restart {
      attempts = 3
      interval = "5m"
      delay    = "5s"
      mode     = "delay"
    }

    reschedule {
      attempts       = 0
      interval       = "0s"
      delay          = "10s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    disconnect {
      stop_on_client_after = "5m"
      replace              = false
    }

    ephemeral_disk {
      sticky  = false
      migrate = false
      size    = 150
    }

    network {
      port "http" {}
    }

    service {
      name     = "app-ay6ecoiwzp7v"
      provider = "consul"
      port     = "http"
      tags = [
        "drover",
        "kind=app",
        "owner=user-yqvsvmxwvz2f",
        "platform=acme",
        "profile=labeller",
      ]

      check {
        type      = "http"
        path      = "/"
        interval  = "5s"
        timeout   = "2s"
        on_update = "require_healthy"
      }
    }

    task "app" {
      driver       = "raw_exec"
      kill_timeout = "30s"

      config {
        command = "/bin/drover"
        args = [
          "workload",
          "app",
          "-listen",
          "${NOMAD_ADDR_http}",
          "-home",
          "${NOMAD_TASK_DIR}/home",
        ]
      }

      env {
        WATCHFUL_LOG = "debug"
      }

      resources {
        cpu    = 200
        memory = 128
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }
}
