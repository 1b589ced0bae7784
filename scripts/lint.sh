#!/usr/bin/env bash
# scripts/lint.sh format                        lays out every C++ file
# scripts/lint.sh check BUILD_DIR [JOBS]        reports; exits 1 if anything is out of order
set -euo pipefail
cd "$(dirname "$0")/.."

# The versions that decide; other ones lay out differently. Fedora has no numbered names.
tool() {
  local name=$1
  if command -v "$name-19" >/dev/null; then
    echo "$name-19"
  elif command -v "$name" >/dev/null; then
    echo "lint: no $name-19 here, $("$name" --version | head -n 1) may differ" >&2
    echo "$name"
  else
    echo "lint: $name-19 is missing; scripts/deps.sh lint installs it" >&2
    return 1
  fi
}

cpp_files() { find src tests -name '*.[ch]pp' -print0 | sort -z; }
shell_files() { find scripts tests .ci -type f \( -name '*.sh' -o -path .ci/run \) -print0; }

format() {
  local clang_format
  clang_format=$(tool clang-format)
  cpp_files | xargs -0 -r "$clang_format" -i
}

# Leaves out which files were looked at and how many findings lie in headers that are not ours.
findings_only() { grep --line-buffered -vE '^(\[ *[0-9]+/[0-9]+\]|[0-9]+ warnings? generated|Running |$)' || true; }

check() {
  local build=$1 jobs=${2:-$(nproc)} failed=() clang_format clang_tidy run_clang_tidy
  clang_format=$(tool clang-format)
  clang_tidy=$(tool clang-tidy)
  run_clang_tidy=run-${clang_tidy}

  echo "lint: layers"
  tests/lint/layers.sh || failed+=(layers)
  echo "lint: shellcheck"
  shell_files | xargs -0 -r shellcheck || failed+=(shellcheck)
  echo "lint: alerts and dashboard"
  tests/lint/alerts.sh "$build/promtool" || failed+=(alerts)
  echo "lint: clang-format"
  cpp_files | xargs -0 -r "$clang_format" --dry-run --Werror || failed+=(clang-format)
  echo "lint: clang-tidy (some minutes)"
  "$run_clang_tidy" -quiet -p "$build" -j "$jobs" -clang-tidy-binary "$(command -v "$clang_tidy")" \
    "^$PWD/(src|tests)/" 2>&1 | findings_only || failed+=(clang-tidy)

  if ((${#failed[@]})); then
    echo "lint: failed: ${failed[*]}" >&2
    exit 1
  fi
  echo "lint: passed"
}

case ${1:-} in
  format) format ;;
  check) check "${@:2}" ;;
  *)
    echo "usage: scripts/lint.sh format | check BUILD_DIR [JOBS]" >&2
    exit 2
    ;;
esac
