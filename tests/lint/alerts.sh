#!/usr/bin/env bash
# Checks the alert rules, their cases and the dashboard's queries with promtool.
#
#   tests/lint/alerts.sh [DIR]      DIR: where scripts/promtool.sh has put it, else PATH
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

promtool=${1:-}/promtool
if [[ ! -x $promtool ]] && ! promtool=$(command -v promtool); then
  echo "SKIP alerts: no promtool; scripts/promtool.sh fetches it"
  exit 0
fi

"$promtool" check rules "$root/docs/alerts/vela-logs.rules.yml"
"$promtool" test rules "$root/docs/alerts/vela-logs.rules.test.yml"

# The dashboard's queries as recording rules: a text of JSON is one of YAML too.
queries=$(mktemp --suffix=.yml)
trap 'rm -f "$queries"' EXIT
{
  echo 'groups: [{name: dashboard, rules: ['
  # shellcheck disable=SC2016  # variables of Grafana's
  sed -nE 's/^ *"expr": (".*"),?$/\1/p' "$root/docs/grafana/vela-logs.json" |
    sed -e 's/\$__rate_interval/5m/g' -e 's/\$instance/.*/g' |
    awk '{ print "{record: \"query:" NR "\", expr: " $0 "}," }'
  echo ']}]'
} >"$queries"
"$promtool" check rules "$queries"
[[ $(grep -c 'record:' "$queries") -ge 50 ]]
