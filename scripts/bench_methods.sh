#!/bin/sh
# Measures the methods of sending and writes the report of it.
#
#   scripts/bench_methods.sh PROGRAM DATA DOCS [FLAG VALUE]…
#
# PROGRAM: the built bench_methods, with what it starts beside it. DATA: a directory for its files
# and for results.json. DOCS: where benchmarks.md and its plots go. Flags are bench_methods' own.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
program=$1
data=$2
docs=$3
shift 3

mkdir -p "$data" "$docs"
# A report of what could be measured is worth having when something could not; it says so.
failed=0
"$program" --directory "$data" "$@" || failed=$?
[ "$failed" -le 1 ] || exit "$failed"
"$program" --report "$data/results.json" --directory "$data" --docs "$docs" \
  --template "$root/tests/bench/methods/benchmarks.md.in"
if command -v gnuplot >/dev/null 2>&1; then
  gnuplot -e "data='$data'; docs='$docs'" "$root/scripts/bench_plots.gp"
else
  echo "bench_methods.sh: no gnuplot here, so no plots" >&2
fi
exit "$failed"
