#!/usr/bin/env bash
# scripts/fuzz.sh BUILD_DIR SECONDS [TARGET…]      runs every fuzzer, or those named, one at a time
#
# Begins with tests/fuzz/corpus/TARGET. What it finds on the way is kept in BUILD_DIR/corpus/TARGET
# for the next run; an input that breaks a property is named at the end. Put such an input into
# tests/fuzz/corpus/TARGET together with the fix: ctest replays it from then on.
set -euo pipefail
cd "$(dirname "$0")/.."

# Room for a control sequence that is given up (4 KiB) with something around it.
readonly kMostBytes=8192
# A parser that needs longer for so little is broken.
readonly kSecondsAnInput=10

build=${1:?usage: scripts/fuzz.sh BUILD_DIR SECONDS [TARGET…]}
seconds=${2:?usage: scripts/fuzz.sh BUILD_DIR SECONDS [TARGET…]}
shift 2
if (($# == 0)); then
  for source in tests/fuzz/*_fuzz.cpp; do
    target=$(basename "$source" _fuzz.cpp)
    set -- "$@" "$target"
  done
fi

broken=()
for target in "$@"; do
  found=$build/corpus/$target
  log=$build/fuzz_$target.log
  mkdir -p "$found"
  echo "fuzz: $target for $seconds s"
  if "$build/tests/fuzz_$target" -max_total_time="$seconds" -max_len=$kMostBytes \
    -timeout=$kSecondsAnInput -print_final_stats=1 -artifact_prefix="$build/$target-" \
    "$found" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    sed -nE 's/^stat::number_of_executed_units: */  inputs tried: /p' "$log"
  else
    tail -n 30 "$log"
    broken+=("$target")
  fi
done

if ((${#broken[@]})); then
  echo "fuzz: broken: ${broken[*]}" >&2
  exit 1
fi
echo "fuzz: nothing found"
