#!/usr/bin/env bash
# scripts/demo.sh PROGRAM: shows what vela-logs does, for someone who has never seen it.
#
# Part 1: a command that prints a line now and then; a watcher sees each line when it is printed.
# Part 2: the output of a real build; what was stored is compared with the original.
# Everything lives in a temporary directory and on a free port of this machine, and is removed.
set -euo pipefail

program=$(realpath "${1:?usage: scripts/demo.sh PROGRAM}")
source_dir=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/demo_support.sh
source "$source_dir/scripts/demo_support.sh"

logs_url() { echo "$url/api/v1/repos/octocat/hello/builds/42/steps/$1/logs"; }

# fetch <step> <file>: the stored bytes; the answer's head goes to <file>.head
fetch() {
  curl -sS --fail --max-time 30 -H 'Accept: text/plain' -D "$2.head" -o "$2" "$(logs_url "$1")" ||
    fail "could not read the log of step $1"
}

# header <file> <name>: the value of a header that fetch() kept
header() { tr -d '\r' <"$1.head" | sed -n "s/^$2: //Ip"; }
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }

# compare <original> <stored>: byte by byte, and by the digest that the server names
compare() {
  say "  original   $(stat -c %s "$1") bytes   SHA-256 $(digest "$1")"
  say "  stored     $(stat -c %s "$2") bytes   SHA-256 $(digest "$2")"
  say "  server     $(header "$2" Vela-Logs-Length) bytes   SHA-256 $(header "$2" Vela-Logs-Sha256)"
  cmp "$1" "$2" || fail "what was stored differs from the original"
  [[ $(header "$2" Vela-Logs-Sha256) == "$(digest "$1")" ]] ||
    fail "the server names another digest"
  [[ $(header "$2" Vela-Logs-Complete) == true ]] || fail "the server calls the log incomplete"
  say "  => identical, and the server calls the log complete"
}

part_1() {
  heading "1. A step's output, live"
  say "A CI step runs this command (15 seconds):"
  say ""
  say "  $proposals_command"
  say ""
  say "The worker runs it under run-step, out of sight:"
  say "  vela-logs run-step --server $url --log octocat/hello/42/steps/1 --name greet -- sh -c '…'"
  say "You watch it with tail, from anywhere. In front of each line stands how long it took from"
  say "being written by the command to being shown here:"
  say "  vela-logs tail --server $url -t --time-form delay octocat/hello/42/steps/1"
  say ""

  start "$program" run-step --quiet --server "$url" --log octocat/hello/42/steps/1 --name greet \
    -- sh -c "$proposals_command"
  local step=$!
  "$program" tail --server "$url" -t --time-form delay octocat/hello/42/steps/1 ||
    fail "tail ended with exit code $?"
  finish "$step" run-step

  say ""
  say "tail ended by itself: the step is over. The server keeps its log:"
  say "  curl -H 'Accept: text/plain' $(logs_url 1)"
  say ""
  fetch 1 "$work/greet.stored"
  sed 's/^/  /' "$work/greet.stored"
  say ""
  tr -d '\r' <"$work/greet.stored.head" | sed -n 's/^Vela-Logs-/  &/Ip'
  say ""
  printf 'hello %s\n' one two three four five >"$work/greet.original"
  compare "$work/greet.original" "$work/greet.stored"
}

# A build that always works here: the first library of this very program, into a fresh directory.
part_2() {
  heading "2. The output of a real build"
  say "This time the step compiles a part of vela-logs itself (some 15 seconds), showing each"
  say "command and each header that the compiler opens. A copy of its output is kept with tee, to"
  say "compare with; tail --raw follows it at the same time."
  say ""

  cat >"$work/compile.sh" <<'COMPILE'
{
  CXXFLAGS=-H cmake -S "$1" -B "$2/build" -G Ninja -DVELA_TESTS=OFF &&
  cmake --build "$2/build" -j 2 --target vela_base --verbose
} 2>&1 | tee "$2/build.original"
COMPILE
  start "$program" run-step --quiet --server "$url" --log octocat/hello/42/steps/2 --name compile \
    -- bash -o pipefail "$work/compile.sh" "$source_dir" "$work"
  local step=$!
  "$program" tail --server "$url" --raw octocat/hello/42/steps/2 >"$work/build.followed" ||
    fail "tail ended with exit code $?"
  finish "$step" run-step

  say "It printed $(wc -l <"$work/build.followed") lines, among them:"
  grep '^\[' "$work/build.followed" | tail -n 3 | cut -c 1-96 | sed 's/^/  /'
  say ""
  fetch 2 "$work/build.stored"
  compare "$work/build.original" "$work/build.stored"
  cmp "$work/build.original" "$work/build.followed" || fail "what tail wrote differs"
  say "  => what tail --raw wrote while it ran is the same, byte for byte"
}

start_server
say "vela-logs $("$program" --version | sed 's/^vela-logs //') listens on $url (this machine only)."
part_1
part_2

heading "Done"
say "The server is stopped and its temporary data removed. Next: README.md has a five-minute tour."
