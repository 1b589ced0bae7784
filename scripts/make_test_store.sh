#!/usr/bin/env bash
# scripts/make_test_store.sh PROGRAM: writes tests/data/stores/vN.sql and vN.txt, a store as the
# given vela-logs leaves it and what is in it, N being the schema's version. Made once for each
# version that is released, with its program, and kept for good: the tests of migrations bring each
# of them up to date. Needs curl and sqlite3.
#
# In it: a sealed log in frames, a log of one owner and one that was taken over, both in the journal
# and still open, a service that failed, a log whose claimed digest was wrong, and an ended build.
set -euo pipefail

program=$(realpath "${1:?usage: scripts/make_test_store.sh PROGRAM}")
source_dir=$(cd "$(dirname "$0")/.." && pwd)
data="$source_dir/tests/data/stores"
work=$(mktemp -d)
serve=
cleanup() {
  [[ -z $serve ]] || kill -9 "$serve" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

"$program" serve --listen "unix:$work/s" --store "$work/x.db" >"$work/out" &
serve=$!
until grep -q listening "$work/out"; do sleep 0.1; done

first=0123456789abcdef0123456789abcdef
second=fedcba9876543210fedcba9876543210
# append LOG WRITER PARAMETERS: standard input
append() {
  curl -sS --fail -o /dev/null --unix-socket "$work/s" -X PATCH -H "Vela-Logs-Writer: $2" \
    --data-binary @- "http://x/api/v1/repos/octocat/hello/builds/$1/logs?$3"
}

# Five commits of 200 kB that pack well: what is sealed and swept lies in frames.
awk 'BEGIN { for (i = 0; i < 50000; ++i) printf "[%3d%%] Building object %d.o\n", i / 500, i % 97 }' \
  >"$work/lines"
head -c 1000000 "$work/lines" >"$work/big"
split -b 200000 -d -a 1 "$work/big" "$work/part"
for i in 0 1 2 3 4; do
  append 41/steps/1 "$first" \
    "offset=$((i * 200000))&durable=$(((i + 1) * 200000))&name=build" <"$work/part$i"
done
sum=$(sha256sum <"$work/big" | cut -d ' ' -f 1)
append 41/steps/1 "$first" \
  "offset=1000000&final=1&length=1000000&sha256=$sum&status=success&exit_code=0" </dev/null
printf 'of a service\n' | append 41/services/1 "$first" 'offset=0&final=1&length=13&status=failure&exit_code=3'
printf 'not these\n' |
  append 41/steps/2 "$first" "offset=0&final=1&length=10&sha256=$sum&status=success&exit_code=0"
curl -sS --fail -o /dev/null --unix-socket "$work/s" -X POST \
  http://x/api/v1/repos/octocat/hello/builds/41/end
# The sweep moves what has ended once nothing that goes on stands before it.
until [[ $(sqlite3 "$work/x.db" 'SELECT count(*) FROM frames') -gt 2 ]]; do sleep 0.1; done
printf 'one\n' | append 42/steps/1 "$first" 'offset=0&durable=4'
printf 'two\n' | append 42/steps/1 "$first" 'offset=4&durable=8'
printf 'of the first owner\n' | append 42/steps/2 "$first" 'offset=0&durable=19'
append 42/steps/2 "$second" "offset=19&takeover=$first&force=1" </dev/null
printf 'of the second\n' | append 42/steps/2 "$second" 'offset=19&durable=33'
kill -TERM "$serve"
wait "$serve"
serve=

version=$(sqlite3 "$work/x.db" 'PRAGMA user_version')
{
  printf -- '-- A store of schema %s, made by scripts/make_test_store.sh.\n' "$version"
  for pragma in page_size auto_vacuum application_id user_version; do
    printf 'PRAGMA %s=%s;\n' "$pragma" "$(sqlite3 "$work/x.db" "PRAGMA $pragma")"
  done
  sqlite3 "$work/x.db" .dump
} >"$data/v$version.sql"
# entry LOG STATE: its name, the number of its bytes (standard input), their SHA-256, its state
entry() {
  cat >"$work/bytes"
  printf '%s %s %s %s\n' "octocat/hello/$1" "$(stat -c %s "$work/bytes")" \
    "$(sha256sum <"$work/bytes" | cut -d ' ' -f 1)" "$2"
}
{
  printf 'of a service\n' | entry 41/services/1 sealed
  entry 41/steps/1 sealed <"$work/big"
  printf 'not these\n' | entry 41/steps/2 incomplete
  printf 'one\ntwo\n' | entry 42/steps/1 running
  printf 'of the first owner\nof the second\n' | entry 42/steps/2 running
} >"$data/v$version.txt"
echo "$data/v$version.sql: $(stat -c %s "$data/v$version.sql") bytes"
