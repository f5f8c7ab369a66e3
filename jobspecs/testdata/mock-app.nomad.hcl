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
      label = "Hub"
      url   = "/ui/jobs/hub-xe62hcjfg77k@drover"
    }

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
    drover_hash     = "c239ef38d24a9d4fd14fbc7d7104fb626a00f62348ab32cc8bd27bf52ee2f2e7"
    drover_kind     = "app"
    drover_owner    = "user-yqvsvmxwvz2f"
    drover_platform = "acme"
    managed_by      = "drover"
  }

  group "app" {
    count = 1

    update {
      max_parallel      = 1
      health_check      = "task_states"
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

    task "app" {
      driver       = "mock_driver"
      kill_timeout = "30s"

      config {
        run_for = "8760h"
      }

      resources {
        cpu    = 1
        memory = 10
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }
}
