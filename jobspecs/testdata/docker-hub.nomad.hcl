job "hub-xe62hcjfg77k" {
  region      = "eu"
  namespace   = "drover"
  type        = "service"
  priority    = 50
  datacenters = ["dc1"]
  node_pool   = "apps"

  ui {
    description = <<EOT
Hub `main`: users, teams and shared projects.

Its data is on volume `vol-xe62hcjfg77k`, mounted at `/root`, which outlives the job.

Managed by Drover, platform `acme`: change the platform file, not the job.
EOT

    link {
      label = "Versions"
      url   = "/ui/jobs/hub-xe62hcjfg77k@drover/versions"
    }

    link {
      label = "Drover"
      url   = "https://github.com/drover-platform/drover"
    }
  }

  meta {
    drover_hash     = "e54635fca41cf9a7379b3a076eeca914fb495079ec6f4b948074ca9940796b97"
    drover_kind     = "hub"
    drover_platform = "acme"
    managed_by      = "drover"
  }

  group "hub" {
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
      source          = "vol-xe62hcjfg77k"
      sticky          = true
      access_mode     = "single-node-single-writer"
      attachment_mode = "file-system"
    }

    network {
      port "http" {
        to = 9005
      }
    }

    service {
      name     = "hub-xe62hcjfg77k"
      provider = "consul"
      port     = "http"
      tags     = ["drover", "kind=hub", "name=main", "platform=acme"]

      check {
        type      = "http"
        path      = "/ruok"
        interval  = "5s"
        timeout   = "2s"
        on_update = "require_healthy"
      }
    }

    task "hub" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image = "registry.example/production/watchful-hub:3.0.1234"
        ports = ["http"]
      }

      env {
        DATABASE_URL = "/root/watchful.db"
        WATCHFUL_LOG = "info"
      }

      volume_mount {
        volume      = "data"
        destination = "/root"
        read_only   = false
      }

      resources {
        cpu    = 500
        memory = 1024
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }
}
