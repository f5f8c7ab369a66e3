job "hub-xe62hcjfg77k" {
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
    drover_hash     = "0714cb754788f3515260cd36cb4225bd280243ee9518c0b4cc3305884d64f3a5"
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
        AWS_CUSTOMER_BUCKET = "acme-labels"
        AWS_REGION          = "eu-central-1"
        DATABASE_URL        = "/root/watchful.db"
        WATCHFUL_LOG        = "info"
      }

      vault {
        role         = "drover-hub-xe62hcjfg77k"
        env          = false
        disable_file = true
        change_mode  = "noop"
      }

      template {
        destination          = "${NOMAD_SECRETS_DIR}/env"
        env                  = true
        perms                = "0400"
        change_mode          = "noop"
        splay                = "5s"
        error_on_missing_key = true
        data                 = <<EOT
{{ with secret "database/creds/hub" }}DATABASE_PASSWORD={{ .Data.password | toJSON }}{{ end }}
{{ with secret "secret/data/team/hub" }}LICENCE={{ index .Data.data "licence-key" | toJSON }}{{ end }}
{{ with secret "secret/data/drover/hub-xe62hcjfg77k/SHARED_SECRET" }}SHARED_SECRET={{ .Data.data.value | toJSON }}{{ end }}
{{ with secret "secret/data/team/hub" }}WATCHFUL_KEY={{ .Data.data.key | toJSON }}{{ end }}
{{ with secret "aws/creds/hub" }}AWS_ACCESS_KEY_ID={{ .Data.access_key | toJSON }}
AWS_SECRET_ACCESS_KEY={{ .Data.secret_key | toJSON }}
{{ with index .Data "security_token" }}AWS_SESSION_TOKEN={{ . | toJSON }}{{ end }}{{ end }}
EOT
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

# Vault role and policy drover-hub-xe62hcjfg77k:
#
# path "aws/creds/hub" {
#   capabilities = ["read"]
# }
#
# path "database/creds/hub" {
#   capabilities = ["read"]
# }
#
# path "secret/data/drover/hub-xe62hcjfg77k/*" {
#   capabilities = ["read"]
# }
#
# path "secret/data/team/hub" {
#   capabilities = ["read"]
# }
