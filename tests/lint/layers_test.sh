#!/usr/bin/env bash
# Shows that layers.sh catches each kind of offence: it breaks one rule at a time in a small tree.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# The tree with this file alone.
put() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/tests" "$tree/src" "$(dirname "$tree/$1")"
  printf '%s\n' "$2" >"$tree/$1"
}

# expect <text that the report must hold> <file> <its content>
expect() {
  local text=$1 file=$2 content=$3 report
  put "$file" "$content"
  if report=$("$here/layers.sh" "$tree" 2>&1); then
    echo "FAIL: $file was let through; expected: $text"
  elif [[ $report != *"$text"* ]]; then
    echo "FAIL: $file: expected: $text"
    printf '      got: %s\n' "$report"
  else
    echo "ok: $text"
    return
  fi
  failures=$((failures + 1))
}

# accept <file> <its content>
accept() {
  local file=$1 content=$2 report
  put "$file" "$content"
  if ! report=$("$here/layers.sh" "$tree" 2>&1); then
    echo "FAIL: $file should be in order, but: $report"
    failures=$((failures + 1))
  fi
}

expect 'src/core/logs/a.hpp:1: logs may not include store' \
  src/core/logs/a.hpp '#include "core/store/log_store.hpp"'
expect 'src/core/net/a.cpp:2: net may not include logs' \
  src/core/net/a.cpp $'// x\n#  include "core/logs/offset.hpp"'
expect 'step may not include config' src/core/step/a.cpp '#include "core/config/options.hpp"'
expect 'base may not include cmd' src/core/base/a.cpp '#include "cmd/serve.hpp"'
expect 'no such folder' src/core/base/a.cpp '#include "core/bass/error.hpp"'
expect 'folder extra is not in the table' src/core/extra/a.cpp '#include <vector>'
expect 'include by relative path' src/core/base/a.cpp '#include "../base/error.hpp"'
expect 'include by full path' src/core/base/a.cpp '#include "error.hpp"'
expect 'ours, so in quotes' src/core/base/a.cpp '#include <core/base/error.hpp>'
expect 'belongs to tests' src/core/base/a.cpp '#include "support/fake_clock.hpp"'
expect 'text may not include net' tests/unit/text/a_test.cpp '#include "core/net/http_client.hpp"'
expect 'hub does not own this library: <sqlite3.h>' src/core/hub/a.cpp '#include <sqlite3.h>'
expect 'called util' src/core/base/string_util.hpp ''
expect 'called helpers' src/core/base/helpers/a.cpp ''
expect 'snake_case' src/core/base/LogStore.hpp ''
expect 'files are .hpp and .cpp' src/core/base/a.cc ''
expect 'a.hpp:251: more than 250 lines' src/core/base/a.hpp "$(yes '//' | head -n 251)"
expect 'a.cpp:401: more than 400 lines' src/core/base/a.cpp "$(yes '//' | head -n 401)"
expect 'lacks the row "text: base"' src/core/CMakeLists.txt 'vela_core_library(base)'
expect 'not in the table of arrows: "text: base net"' \
  src/core/CMakeLists.txt 'vela_core_library(text LINKS base net PACKAGES X::y)'

accept src/core/hub/a.cpp $'#include "core/store/a.hpp"\n#include "core/hub/b.hpp"\n#include <map>'
accept src/cmd/serve.cpp $'#include "core/api/a.hpp"\n#include "core/config/b.hpp"'
accept src/core/base/a.cpp "$(yes '//' | head -n 400)"
accept tests/unit/hub/a_test.cpp $'#include "core/store/a.hpp"\n#include "support/fake_clock.hpp"'

((failures == 0)) || exit 1
