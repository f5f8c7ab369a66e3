job "app-ay6ecoiwzp7v" {
  namespace   = "drover"
  type        = "service"
  priority    = 50
  datacenters = ["dc1"]
  node_pool   = "apps"

  ui {
    description = <<EOT
App of profile `labeller`, owned by `user-yqvsvmxwvz2f`.

Its data is on volume `vol-ay6ecoiwzp7v`, mounted at `/root/watchful`, which outlives the job.

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
    drover_hash     = "ec073d23f52c093c93b2dbe40e1eaef54a8bcfa2e1f6cffee62f7142222f3faa"
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

    volume "data" {
      type            = "host"
      source          = "vol-ay6ecoiwzp7v"
      sticky          = true
      access_mode     = "single-node-single-writer"
      attachment_mode = "file-system"
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
      driver       = "exec"
      kill_timeout = "30s"

      config {
        command = "/bin/drover"
        args = [
          "workload",
          "app",
          "-listen",
          "${NOMAD_ADDR_http}",
          "-home",
          "/root/watchful",
        ]
      }

      env {
        WATCHFUL_LOG = "debug"
      }

      volume_mount {
        volume      = "data"
        destination = "/root/watchful"
        read_only   = false
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
