#!/usr/bin/env bash
# scripts/check_install.sh BUILD_DIR: installs below an empty DESTDIR and tries what is there.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

make --no-print-directory install BUILD="$build" PREFIX=/usr DESTDIR="$root" >/dev/null

for file in usr/bin/vela-logs etc/vela-logs/vela-logs.toml usr/share/doc/vela-logs/README.md \
  usr/share/man/man1/vela-logs{,-serve,-run-step,-tail}.1 usr/share/man/man5/vela-logs.toml.5 \
  usr/share/bash-completion/completions/vela-logs usr/share/zsh/site-functions/_vela-logs \
  usr/share/fish/vendor_completions.d/vela-logs.fish; do
  if [[ ! -e $root/$file ]]; then
    echo "check-install: /$file was not installed" >&2
    exit 1
  fi
done
"$root/usr/bin/vela-logs" --version
"$root/usr/bin/vela-logs" serve --config "$root/etc/vela-logs/vela-logs.toml" --check-config

# A second install must keep a configuration that somebody has edited.
echo '# edited' >>"$root/etc/vela-logs/vela-logs.toml"
make --no-print-directory install BUILD="$build" PREFIX=/usr DESTDIR="$root" >/dev/null
if ! grep -q '^# edited$' "$root/etc/vela-logs/vela-logs.toml"; then
  echo "check-install: a second install replaced the configuration" >&2
  exit 1
fi
echo "check-install: passed"
