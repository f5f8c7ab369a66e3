job "linkage-qzqkyb7hcsjm" {
  namespace   = "drover"
  type        = "service"
  priority    = 50
  datacenters = ["dc1"]
  node_pool   = "all"

  ui {
    description = <<EOT
Linkage service `pprl`: an API and worker groups that match encodings from several parties.

Managed by Drover, platform `acme`: change the platform file, not the job.
EOT

    link {
      label = "Versions"
      url   = "/ui/jobs/linkage-qzqkyb7hcsjm@drover/versions"
    }

    link {
      label = "Drover"
      url   = "https://github.com/drover-platform/drover"
    }
  }

  meta {
    drover_hash     = "473a5ed82b753bbc66d0602425858ee5ee86d91a09d73946add27eb4bdf59a67"
    drover_kind     = "linkage"
    drover_platform = "acme"
    managed_by      = "drover"
  }

  group "api" {
    count          = 2
    shutdown_delay = "2s"

    constraint {
      attribute = "${node.pool}"
      operator  = "="
      value     = "default"
    }

    spread {
      attribute = "${node.unique.id}"
      weight    = 100
    }

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
      mode     = "fail"
    }

    reschedule {
      attempts       = 0
      interval       = "0s"
      delay          = "10s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    ephemeral_disk {
      sticky  = false
      migrate = false
      size    = 150
    }

    network {
      port "http" {
        to = 8851
      }
    }

    service {
      name     = "linkage-qzqkyb7hcsjm"
      provider = "consul"
      port     = "http"
      tags     = ["drover", "kind=linkage", "name=pprl", "platform=acme"]

      check {
        type      = "http"
        path      = "/api/v1/status"
        interval  = "5s"
        timeout   = "2s"
        on_update = "require_healthy"
      }
    }

    task "api" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image = "registry.example/pprl:2.1.0"
        ports = ["http"]
      }

      env {
        DATABASE_URL = "/root/watchful.db"
        WATCHFUL_LOG = "info"
      }

      vault {
        role         = "drover-linkage-qzqkyb7hcsjm"
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
{{ with secret "secret/data/drover/linkage-qzqkyb7hcsjm/TOKEN" }}TOKEN={{ .Data.data.value | toJSON }}{{ end }}
EOT
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

  group "compute" {
    count = 4

    constraint {
      attribute = "${node.pool}"
      operator  = "="
      value     = "small"
    }

    spread {
      attribute = "${node.unique.id}"
      weight    = 100
    }

    scaling {
      enabled = true
      type    = "horizontal"
      min     = 4
      max     = 8
    }

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
      mode     = "fail"
    }

    reschedule {
      attempts       = 0
      interval       = "0s"
      delay          = "10s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    ephemeral_disk {
      sticky  = false
      migrate = false
      size    = 150
    }

    task "worker" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image = "registry.example/pprl:2.1.0"
      }

      env {
        API_SERVICE = "linkage-qzqkyb7hcsjm"
        QUEUES      = "compute"
      }

      resources {
        cores  = 2
        memory = 1024
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }

  group "highmemory" {
    count = 1

    constraint {
      attribute = "${node.pool}"
      operator  = "="
      value     = "large"
    }

    spread {
      attribute = "${node.unique.id}"
      weight    = 100
    }

    scaling {
      enabled = true
      type    = "horizontal"
      min     = 1
      max     = 2
    }

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
      mode     = "fail"
    }

    reschedule {
      attempts       = 0
      interval       = "0s"
      delay          = "10s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    ephemeral_disk {
      sticky  = false
      migrate = false
      size    = 150
    }

    task "worker" {
      driver       = "docker"
      kill_timeout = "30s"

      config {
        image = "registry.example/pprl:2.1.0"
      }

      env {
        API_SERVICE = "linkage-qzqkyb7hcsjm"
        QUEUES      = "compute,highmemory"
      }

      resources {
        cores  = 2
        memory = 8192
      }

      logs {
        max_files     = 5
        max_file_size = 10
      }
    }
  }
}

# Vault role and policy drover-linkage-qzqkyb7hcsjm:
#
# path "secret/data/drover/linkage-qzqkyb7hcsjm/*" {
#   capabilities = ["read"]
# }
