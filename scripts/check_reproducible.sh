#!/usr/bin/env bash
# scripts/check_reproducible.sh OUT: builds both packages twice, in two directories and one after the
# other, the second time with nothing from the compiler's cache and another umask and time zone, and
# compares them byte by byte.
set -euo pipefail

package=$(realpath "$(dirname "$0")")/package.sh
mkdir -p "${1:?usage: scripts/check_reproducible.sh OUT}"
out=$(realpath "$1")
first=$out/first
second=$out/and/a/second
rm -rf "$out"

build() {
  "$package" deb "$1"
  "$package" rpm "$1"
}

build "$first"
(
  umask 077
  export TZ=Pacific/Auckland CCACHE_DIR=$out/ccache
  build "$second"
)

failed=0
for file in "$first"/*.deb "$first"/*.rpm; do
  name=${file##*/}
  if cmp "$file" "$second/$name"; then
    echo "check-reproducible: $name: twice $(sha256sum <"$file" | cut -d ' ' -f 1)"
  else
    failed=1
  fi
done
if ((failed)); then
  echo "check-reproducible: the packages differ; diffoscope $first $second says where" >&2
  exit 1
fi
rm -rf "$out"
echo "check-reproducible: passed"
