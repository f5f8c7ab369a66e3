# A small platform: one Hub, one kind of App and three people.
#
#   drover validate examples/platform.hcl    is it right?
#   drover plan     examples/platform.hcl    what would change?
#   drover apply    examples/platform.hcl    make it so
#
# It runs on a machine with two cores. Every argument is explained in
# hcl/REFERENCE.md.

# Everything below runs in one Nomad namespace, "drover" unless the platform
# says otherwise.
platform "acme" {
  datacenters = ["dc1"]
}

# Where data lives. The plug-in mkdir is built into Nomad (1.10 or newer) and
# makes a folder on the node. It does not enforce sizes: on nodes that many
# people share, use a plug-in that does.
volume_class "local" {
  plugin = "mkdir"
}

# The Hub is where users and shared projects are. There is one, and it runs
# exactly once, because its database has one writer.
hub "main" {
  # Drover brings a Hub of its own. For another one, write
  #   image = "registry.example/production/watchful-hub:3.0.1234"
  # in its place. An image needs an exact version or a digest.
  builtin = true

  # A share of the processor in MHz, as Nomad counts it. For dedicated cores
  # write cores = 1 instead: nobody else gets them, so a machine with two cores
  # has room for two such tasks at most.
  cpu    = 100
  memory = "128MiB"

  # The volume outlives the task, the job and even "drover destroy".
  volume {
    class = "local"
    size  = "1GiB"
    mount = "/data"
  }

  # The database must be on the volume. Drover checks that.
  env {
    DATABASE_URL = "/data/watchful.db"
  }

  # Made once, kept in Vault and read by the task itself. It is never in this
  # file and never in the job.
  secret "SHARED_SECRET" {
    generate = "hex:36"
  }
}

# A profile: what Apps called "labeller" are made of. Nothing runs before a
# user gets one.
app "labeller" {
  builtin = true
  hub     = "main"
  cpu     = 100

  # The largest dataset that one App holds. It gets four times that in memory,
  # here 191 MiB.
  dataset = "50MB"

  # An App that nobody uses for so long is stopped. Its data stays.
  idle_timeout = "2h"

  # Every user gets a volume of their own.
  volume {
    class = "local"
    size  = "1GiB"
    mount = "/data"
  }
}

# Three people with an App each. To rename somebody, change the label and keep
# the old one as the id, so that their volume stays theirs:
#
#   user "alicia" {
#     id = "alice"
#     app "labeller" {}
#   }
user "alice" {
  app "labeller" {}
}

user "bob" {
  app "labeller" {}
}

# Carol has more data than the others and gets more memory for it.
user "carol" {
  app "labeller" {
    dataset = "60MB"
  }
}

# A record-linkage service: an API and groups of workers, each with its own
# count. To enable it, remove the "# " at the start of the lines, name an image
# that your nodes can pull, and make sure that they have Docker.
#
# linkage "pprl" {
#   image = "registry.example/linkage:1.4.2"
#
#   api {
#     cpu    = 200
#     memory = "256MiB"
#   }
#
#   # The count may be changed between min and max while jobs run.
#   workers "compute" {
#     count  = 2
#     min    = 1
#     max    = 8
#     cpu    = 500
#     memory = "1GiB"
#     queues = ["compute"]
#   }
#
#   workers "highmemory" {
#     cpu    = 500
#     memory = "8GiB"
#     queues = ["compute", "highmemory"]
#   }
#
#   secret "DB_PASSWORD" {
#     generate = "hex:24"
#   }
# }

# A runner executes runs, mostly on GPUs. To enable it, remove the "# " and see
# that a node in the pool has the device: "nomad node status -verbose" shows it
# as nvidia/gpu once Nomad's NVIDIA plug-in is installed.
#
# runner "gpu" {
#   image        = "registry.example/train:1.4.2"
#   node_pool    = "gpu"
#   cores        = 4
#   memory       = "32GiB"
#   max_duration = "96h"
#
#   # Whole devices. memory is a demand, model a preference.
#   device "nvidia/gpu" {
#     count  = 1
#     memory = ">= 40GiB"
#   }
# }
