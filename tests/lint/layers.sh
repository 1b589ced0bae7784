#!/usr/bin/env bash
# Checks what the compiler can't: which folder includes which, file names, file sizes.
#
#   tests/lint/layers.sh [ROOT]      ROOT: the repository, or a tree of the same shape
#
# Prints file:line: and the rule for each offence; exits 1 if there was one.
set -euo pipefail

# The arrows of docs/architecture.md. A folder may include itself and what stands behind the colon;
# src/cmd may include all. src/core/CMakeLists.txt holds the same table for the linker.
readonly kArrows='
api:      hub store net async text logs base
hub:      store buffer async logs base
step:     uplink process text buffer async logs base
uplink:   buffer net async logs base
follow:   buffer net async text logs base
store:    logs base
buffer:   logs base
net:      async base
process:  async base
async:    base
text:     base
logs:     base
config:   base
base:
'
# The libraries that only their owners may see: a regular expression of the header, the owners.
readonly kOwners='
curl/             net
boost/beast       net
sqlite3\.h        store
zstd\.h           store
zlib\.h           net
toml\+\+/         config
prometheus/      api
CLI/              config cmd
openssl/          base net
boost/asio        async process net hub step uplink follow api cmd
'
readonly kForbiddenWords='util|utils|helper|helpers|common|misc|manager|impl'
readonly kMaxCppLines=400
readonly kMaxHppLines=250

root=${1:-$(dirname "$0")/../..}
cd "$root"

checked=(src)
[[ -d tests/unit ]] && checked+=(tests/unit)

offences=$(mktemp)
trap 'rm -f "$offences"' EXIT

check_includes() {
  ARROWS=$kArrows OWNERS=$kOwners find "${checked[@]}" -name '*.[ch]pp' -exec awk '
    BEGIN {
      rows = split(ENVIRON["ARROWS"], row, "\n")
      for (i = 1; i <= rows; i++) {
        words = split(row[i], word, /[: ]+/)
        if (words == 0 || word[1] == "") continue
        known[word[1]] = 1
        allowed[word[1], word[1]] = 1
        for (j = 2; j <= words; j++) allowed[word[1], word[j]] = 1
      }
      rows = split(ENVIRON["OWNERS"], row, "\n")
      for (i = 1; i <= rows; i++) {
        words = split(row[i], word, " ")
        if (words < 2) continue
        owned[++owners] = "^<" word[1]
        for (j = 2; j <= words; j++) owner[owners, word[j]] = 1
      }
    }
    function offence(text) { print FILENAME ":" FNR ": " text }
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
      included = $0
      sub(/^[ \t]*#[ \t]*include[ \t]*/, "", included)
      sub(/[ \t]*(\/\/.*)?$/, "", included)
      split(FILENAME, part, "/")
      is_test = part[1] == "tests"
      from = part[2] == "cmd" ? "cmd" : part[3]
      if (from != "cmd" && !(from in known)) {
        if (!told[from]++) offence("folder " from " is not in the table of arrows")
        next
      }
      if (included ~ /\.\.\//) { offence("include by relative path: " included); next }
      if (included ~ /^<(core|cmd|support)\//) { offence("ours, so in quotes: " included); next }
      if (included ~ /^"core\//) {
        split(substr(included, 2), target, "/")
        if (!(target[2] in known)) offence("no such folder: " included)
        else if (from != "cmd" && !((from, target[2]) in allowed))
          offence(from " may not include " target[2] ": " included)
      } else if (included ~ /^"cmd\//) {
        if (from != "cmd") offence(from " may not include cmd: " included)
      } else if (included ~ /^"support\//) {
        if (!is_test) offence("the program may not include what belongs to tests: " included)
      } else if (included ~ /^"/) {
        offence("include by full path, \"core/folder/file.hpp\": " included)
      } else if (!is_test) {
        for (i = 1; i <= owners; i++)
          if (included ~ owned[i] && !((i, from) in owner))
            offence(from " does not own this library: " included)
      }
    }' {} +
}

# The table itself must not run in circles; as every arrow of the code is in it, the code can't.
check_cycles() {
  local circle
  if ! circle=$(awk -F: '
      NF > 1 { n = split($2, to, " "); for (i = 1; i <= n; i++) print $1, to[i] }' \
    <<<"$kArrows" | tsort 2>&1 >/dev/null); then
    echo "tests/lint/layers.sh:1: arrows in a circle: $(tr '\n' ' ' <<<"$circle")"
  fi
}

# src/core/CMakeLists.txt must say the same. Compares "folder: sorted links" of both, line by line.
check_cmake_table() {
  local cmake=src/core/CMakeLists.txt
  [[ -f $cmake ]] || return 0
  { diff <(awk -F: 'NF > 1 { print $1 ":" $2 }' <<<"$kArrows" | sort_rows) \
    <(sed -nE 's/^vela_core_library\(([a-z]+)([^)]*)\).*/\1:\2/p' "$cmake" |
      sed -E 's/ PACKAGES .*//; s/ LINKS / /' | sort_rows) || true; } |
    sed -nE "s/^< (.*)/${cmake//\//\\/}:1: the linker's table lacks the row \"\1\"/p
             s/^> (.*)/${cmake//\//\\/}:1: not in the table of arrows: \"\1\"/p"
}

sort_rows() {
  local folder links
  while IFS=: read -r folder links; do
    # shellcheck disable=SC2086  # split on purpose
    echo "$folder: $(printf '%s\n' $links | sort | xargs)"
  done | sort
}

check_names() {
  find src tests \( -name '*.[ch]pp' -o -path 'src/*' -type d \) -print |
    while read -r path; do
      local stem=${path##*/}
      stem=${stem%.?pp}
      if [[ ! $stem =~ ^[a-z0-9_]+$ ]]; then
        echo "$path:1: names are snake_case"
      elif [[ _${stem}_ =~ _($kForbiddenWords)_ ]]; then
        echo "$path:1: a file called ${BASH_REMATCH[1]} is a cut in the wrong place"
      fi
    done
  find src tests -type f \( -name '*.h' -o -name '*.cc' -o -name '*.cxx' -o -name '*.hxx' \) |
    sed 's/$/:1: files are .hpp and .cpp/'
}

check_sizes() {
  find src tests -name '*.[ch]pp' -exec awk -v cpp="$kMaxCppLines" -v hpp="$kMaxHppLines" '
    { max = FILENAME ~ /\.cpp$/ ? cpp : hpp }
    FNR == max + 1 { print FILENAME ":" FNR ": more than " max " lines; split it" }' {} +
}

{
  check_includes
  check_cycles
  check_cmake_table
  check_names
  check_sizes
} >"$offences"

if [[ -s $offences ]]; then
  cat "$offences"
  echo "layers: $(wc -l <"$offences") offence(s)" >&2
  exit 1
fi
echo "layers: in order"
