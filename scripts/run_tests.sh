#!/bin/sh
# Runs ctest, and prints the table of the fault scenarios that ran before ctest's own summary, so
# that the summary stays the last word.
#
#   scripts/run_tests.sh DIR CTEST [ARG]…
#
# DIR is emptied; the scenarios leave their rows in it. Exits as ctest does.
set -eu

rows=$1
shift
rm -rf "$rows"
mkdir -p "$rows"
rows=$(cd "$rows" && pwd)
table=$(dirname "$0")/fault_table.sh

status_of_ctest() {
  status=0
  VELA_FAULT_ROWS=$rows "$@" 2>&1 || status=$?
  echo "$status" >"$rows/status"
}
status_of_ctest "$@" | awk -v command="$table '$rows'" '
  /^[0-9]+% tests passed/ { system(command); print "" }
  { print; fflush() }'
exit "$(cat "$rows/status")"
