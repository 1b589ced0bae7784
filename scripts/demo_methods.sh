#!/usr/bin/env bash
# scripts/demo_methods.sh PROGRAM: the same command sent by each method, side by side.
#
# Part 1: the proposal's command, a step for each of one build at once, one tail of the build.
# Part 2: a step that prints ten lines a second, by each method: how the lines come in bunches.
# Everything lives in a temporary directory and on a free port of this machine, and is removed.
set -euo pipefail

program=$(realpath "${1:?usage: scripts/demo_methods.sh PROGRAM}")
source_dir=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/demo_support.sh
source "$source_dir/scripts/demo_support.sh"

methods=(byte-chunks time-chunks stream websocket append auto)

# run_all <build> <command>: a step for each method, all at once; one tail shows the build.
run_all() {
  local build=$1 command=$2 step=0 method
  local -a steps=()
  for method in "${methods[@]}"; do
    step=$((step + 1))
    start "$program" run-step --quiet --server "$url" --log "octocat/hello/$build/steps/$step" \
      --name "$method" --method "$method" -- sh -c "$command"
    steps+=($!)
  done
  start end_build "$build" "${steps[@]}"
  "$program" tail --server "$url" -t --time-form delay "octocat/hello/$build" ||
    fail "tail ended with exit code $?"
}

# end_build <build> <pid>…: once those steps have ended; tail of a build ends with it.
end_build() {
  local build=$1 pid
  shift
  for pid in "$@"; do
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  done
  curl -sS --fail --max-time 30 -o /dev/null -X POST \
    "$url/api/v1/repos/octocat/hello/builds/$build/end"
}

part_1() {
  heading "1. One command, ${#methods[@]} methods"
  say "Steps of one build run this command at the same time (15 seconds), each sent by another"
  say "method; one tail shows them all. In front of each line stands how long it took from being"
  say "written to being shown here:"
  say ""
  say "  $proposals_command"
  say ""
  run_all 1 "$proposals_command"
}

# Puts the tenth of a second since `begin` in front of each line.
stamp() {
  local begin=$1 line
  while IFS= read -r line; do
    printf '%d %s\n' $(((${EPOCHREALTIME/[.,]/} - begin) / 100000)) "$line"
  done
}

# One row a method: what was shown in each tenth of a second.
draw() {
  awk -v methods="${methods[*]}" '
    { match($0, /\[[a-z-]+\]/); name = substr($0, RSTART + 1, RLENGTH - 2)
      shown[name, $1]++; if ($1 > last) last = $1 }
    END {
      count = split(methods, names, " ")
      for (i = 1; i <= count; i++) {
        printf "  %-12s", names[i]
        for (t = 0; t <= last; t++) {
          lines = shown[names[i], t]
          printf "%s", (lines == 0 ? "." : lines > 9 ? "#" : lines)
        }
        print ""
      }
    }'
}

part_2() {
  heading "2. Ten lines a second"
  say "Now each step prints ten lines a second for eight seconds. A column is a tenth of a second;"
  say "in it stands how many lines were shown then, # for more than nine:"
  say ""
  local text='[ 42%] Building CXX object src/core/CMakeFiles/core.dir/buffer/spool.cpp.o'
  run_all 2 "for i in \$(seq 80); do echo '$text'; sleep 0.1; done" |
    stamp "${EPOCHREALTIME/[.,]/}" | draw
}

start_server
part_1
part_2

heading "Done"
say "byte-chunks is what Vela did before its proposal, time-chunks the proposal's option 1, stream"
say "option 2, websocket its option 3, append the form of option 2 for paths that carry no stream;"
say "auto takes the better of stream and append."
say "What each costs in CPU, memory and bytes on the wire: docs/benchmarks.md"
