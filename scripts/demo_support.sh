# shellcheck shell=bash
# Sourced by the demos: a server on a free port of this machine, and a clean end.
#
# Expects: $program, the path of vela-logs. Sets: $work, a temporary directory; after
# start_server, $url. What was begun with start() is stopped, and $work removed, at exit.
set -euo pipefail

# Settings of the person who runs this must not leak in, nor a proxy stand between.
for name in $(compgen -e VELA_LOGS_ || true); do unset "$name"; done
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

work=$(mktemp -d)
export VELA_LOGS_SPOOL_DIR=$work/spools
started=()

clean_up() {
  local pid
  trap - EXIT INT TERM
  # Watchers and workers first, the server last, as started in the other order.
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    pid=${started[i]}
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

heading() { printf '\n=== %s ===\n' "$*"; }
say() { printf '%s\n' "$*"; }
fail() {
  printf '\ndemo: %s\n' "$*" >&2
  [[ -s $work/serve.err ]] && sed 's/^/demo: the server said: /' "$work/serve.err" >&2
  exit 1
}

# start <command>…: in the background, remembered for clean_up; its pid is in $!
start() {
  "$@" &
  started+=($!)
}

# finish <pid> <what>: waits for a command that start() began; it must succeed.
finish() {
  wait "$1" || fail "$2 ended with exit code $?"
}

: "${program:?set it before}"
url=
start_server() {
  start "$program" serve --listen 127.0.0.1:0 --store "$work/demo.db" \
    >"$work/serve.out" 2>"$work/serve.err"
  local pid=$! tries
  for ((tries = 0; tries < 100; tries++)); do
    url=$(sed -n 's/^listening on //p' "$work/serve.out")
    [[ -n $url ]] && return
    kill -0 "$pid" 2>/dev/null || fail "the server did not start"
    sleep 0.1
  done
  fail "the server printed no address within 10 seconds"
}

# The command of a step, as in the proposal that this program carries out; 15 seconds.
proposals_command='sleep 1; echo "hello one"; sleep 2; echo "hello two"; sleep 3; echo "hello three"'
proposals_command+='; sleep 4; echo "hello four"; sleep 5; echo "hello five"'
