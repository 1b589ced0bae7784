#!/bin/sh
# Unpacks Prometheus' promtool into a directory: what checks the alert rules and the dashboard.
#
#   scripts/promtool.sh DIR
#
# To install the package would start a service, so it is fetched by apt-get download and only the tool
# is taken out; nothing on this machine changes, and it needs no rights. What is there stays. Where it
# lies in PATH, or can't be fetched, it says so and exits 0; without it those checks are skipped.
set -eu

dir=$1

[ -x "$dir/promtool" ] && exit 0
command -v promtool >/dev/null 2>&1 && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "SKIP promtool: no apt-get here, and no promtool in PATH" >&2
  exit 0
fi

mkdir -p "$dir/fetched/lists/partial" "$dir/fetched/archives/partial"
fetched=$(cd "$dir/fetched" && pwd)
# Package lists of our own where the machine has none.
own_apt() {
  apt-get -q -o Dir::State::Lists="$fetched/lists" -o Dir::Cache="$fetched/archives" \
    -o Debug::NoLocking=1 -o APT::Sandbox::User="$(id -un)" "$@"
}
if ! (cd "$fetched" && apt-get -q download prometheus) >"$dir/log" 2>&1; then
  if ! own_apt update >>"$dir/log" 2>&1 ||
    ! (cd "$fetched" && own_apt download prometheus) >>"$dir/log" 2>&1; then
    echo "SKIP promtool: could not fetch prometheus: $(tail -n 1 "$dir/log") (all in $dir/log)" >&2
    exit 0
  fi
fi
dpkg --fsys-tarfile "$fetched"/prometheus_*.deb | tar -x -C "$fetched" ./usr/bin/promtool
mv "$fetched/usr/bin/promtool" "$dir/promtool"
rm -rf "$fetched"
