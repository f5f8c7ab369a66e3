#!/usr/bin/env bash
# Prepares a Debian machine for the local stack, runs a command, and stops
# what it started:
#
#	e2e/setup.sh COMMAND [ARGUMENT...]
#
# As root it installs the missing Debian packages. When no Docker engine
# answers, it starts one by hand (containers have no systemd) for as long as a
# command runs under this script; engine, images and log are in the user's
# cache folder. Without an engine the command runs nevertheless: what needs
# one says so and is skipped.
set -euo pipefail

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/drover/docker
socket=/var/run/docker.sock # where Nomad's docker driver looks
pidfile=$cache/pid
log=$cache/dockerd.log

say() { printf 'setup: %s\n' "$*" >&2; }

answers() { timeout 10 docker --host "unix://$socket" version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# install PROGRAM PACKAGE...: installs packages when the program is missing.
install() {
  local program=$1
  shift
  command -v "$program" >/dev/null && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "$program is missing: install the package $* as root"
    return 1
  fi
  say "installing $*"
  local output
  if ! output=$(apt_get install --yes --no-install-recommends "$@" 2>&1) &&
    ! output=$(apt_get update 2>&1 && apt_get install --yes --no-install-recommends "$@" 2>&1); then
    printf '%s\n' "$output" | tail -n 5 >&2
    say "apt-get cannot install $*"
    return 1
  fi
}

apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q "$@" </dev/null; }

# ours: is there an engine that an earlier run started?
ours() {
  local pid
  pid=$(cat "$pidfile" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ]
}

start_docker() {
  PATH=$PATH:/usr/sbin:/sbin
  install dockerd docker.io iptables || return 1
  # Debian 13 has the client in a package of its own.
  install docker docker-cli || return 1
  answers && return
  if [ "$(id -u)" -ne 0 ]; then
    say "no Docker engine answers at $socket, and only root can start one"
    return 1
  fi
  say "starting a Docker engine, log in $log"
  ours || rm -f "$pidfile"
  # In a session of its own, so that Ctrl-C is for the command alone.
  setsid dockerd --host "unix://$socket" --pidfile "$pidfile" \
    --data-root "$cache/data" >"$log" 2>&1 </dev/null 8>&- 9>&- &
  local engine=$!
  for _ in $(seq 120); do
    answers && return
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$log" >&2
  say "the Docker engine does not start"
  kill "$engine" 2>/dev/null || true
  return 1
}

stop_docker() {
  # The engine stays while another command runs under this script.
  flock --exclusive --nonblock 9 || return 0
  ours || return 0
  say "stopping the Docker engine"
  local pid
  pid=$(cat "$pidfile")
  kill "$pid"
  for _ in $(seq 60); do
    [ -d "/proc/$pid" ] || return 0
    sleep 0.5
  done
  kill -9 "$pid"
}

# main is a function so that bash has read all of the script when it runs.
main() {
  if [ $# -eq 0 ]; then
    say "usage: e2e/setup.sh COMMAND [ARGUMENT...]"
    exit 2
  fi
  mkdir -p "$cache"
  # Lock 9 is shared by all who use the engine, 8 by one who starts it.
  exec 9>"$cache/users" 8>"$cache/starting"
  flock --exclusive 8
  flock --shared 9
  trap stop_docker EXIT
  start_docker || say "going on without Docker: its tests are skipped for that reason"
  flock --unlock 8

  # The command runs in the background, so that SIGTERM can be passed on while
  # it runs; Ctrl-C reaches it by itself. Bash lets such a command ignore Ctrl-C
  # and takes its standard input away unless told otherwise.
  (
    trap - INT QUIT
    exec "$@" 8>&- 9>&-
  ) <&0 &
  local command=$! status=0
  trap : INT QUIT
  # shellcheck disable=SC2064 # the command's ID as it is now
  trap "kill -TERM $command 2>/dev/null || true" TERM HUP
  wait "$command" || status=$?
  while kill -0 "$command" 2>/dev/null; do # a signal ended the wait
    status=0
    wait "$command" || status=$?
  done
  exit "$status"
}

main "$@"
