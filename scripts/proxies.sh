#!/bin/sh
# Unpacks the proxies that tests/fault runs, and the libraries they lack here, into a directory.
#
#   scripts/proxies.sh DIR
#
# Nothing is installed, configured or started on this machine, and it needs no rights: packages are
# fetched by apt-get download and unpacked by dpkg -x. What is unpacked already stays. Where there is
# no apt-get, or nothing can be fetched, it says SKIP and why and exits 0; the tests then use what
# lies in PATH and skip the rest.
set -eu

dir=$1
packages="nginx haproxy varnish caddy apache2-bin"
# Varnish compiles its configuration, so a C compiler is needed too: the build has one.

skip() {
  echo "SKIP proxies: $*" >&2
  exit 0
}

if ! command -v apt-get >/dev/null 2>&1; then
  skip "no apt-get here; those of nginx, haproxy, varnishd, caddy and apache2 in PATH are tested"
fi

stamp=$dir/unpacked
[ "$(cat "$stamp" 2>/dev/null)" = "$packages" ] && exit 0
mkdir -p "$dir/debs" "$dir/root" "$dir/lists/partial" "$dir/archives/partial"

# The package lists of the machine; without them, lists of our own.
apt() { apt-get -q "$@"; }
own_apt() {
  apt-get -q -o Dir::State::Lists="$lists" -o Dir::Cache="$dir/archives" -o Debug::NoLocking=1 \
    -o APT::Sandbox::User="$(id -un)" "$@"
}
lists=$(cd "$dir/lists" && pwd)

# $1: apt or own_apt. The packages and what they need and this machine has not.
fetch() {
  # shellcheck disable=SC2086  # words on purpose
  plan=$("$1" install -s --no-install-recommends $packages) || return 1
  names=$(printf '%s\n' "$plan" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
  # What is installed lies where it belongs, and is found in PATH.
  [ -z "$names" ] && return 0
  # shellcheck disable=SC2086
  (cd "$dir/debs" && "$1" download $names)
}

if ! fetch apt >"$dir/log" 2>&1; then
  if ! own_apt update >>"$dir/log" 2>&1 || ! fetch own_apt >>"$dir/log" 2>&1; then
    skip "could not fetch $packages: $(tail -n 1 "$dir/log") (all in $dir/log)"
  fi
fi
for deb in "$dir"/debs/*.deb; do
  [ -e "$deb" ] || continue
  dpkg -x "$deb" "$dir/root"
done
rm -rf "$dir/debs" "$dir/lists" "$dir/archives"
echo "$packages" >"$stamp"
