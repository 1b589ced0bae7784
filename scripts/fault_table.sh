#!/bin/sh
# Prints the rows that the fault suite left in a directory as one table, with totals.
#
#   scripts/fault_table.sh DIR
set -eu

find "$1" -name '*.tsv' -exec cat {} + | sort | awk -F '\t' '
  function put(name, method, runs, bytes, lost, twice, moved, median, worst, serve, workers) {
    printf "%-52s %-16s %5s %11s %6s %6s %9s %9s %9s %7s %7s\n", name, method, runs, bytes, lost,
      twice, moved, median, worst, serve, workers
  }
  NR == 1 {
    put("scenario", "method", "steps", "bytes", "lost", "dup", "reordered", "p50 ms", "worst ms",
      "serve", "worker")
  }
  {
    put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    runs += $3; bytes += $4; lost += $5; twice += $6; moved += $7; serve += $10; workers += $11
  }
  END {
    if (NR == 0) exit
    put("total (the last two columns: kills of each)", "", runs, bytes, lost, twice, moved, "", "",
      serve, workers)
  }'
