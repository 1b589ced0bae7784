#!/usr/bin/env bash
# scripts/check_manual.sh BUILD_DIR: do the manual pages render, and do they and the completions of
# bash, zsh and fish know every flag that the built program's --help-all shows, and every key of
# config/vela-logs.toml?
#
# A shell or man that is missing is skipped and named; scripts/deps.sh test installs them all.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(realpath "${1:?usage: scripts/check_manual.sh BUILD_DIR}")
program=$build/vela-logs
manual=$build/man
completions=$build/completions
# Without line breaks inside what is looked for.
export MANWIDTH=1000 LC_ALL=C.UTF-8
unset MANPAGER PAGER MANOPT MAN_KEEP_FORMATTING

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fault() {
  echo "check-manual: $*" >&2
  failed=1
}
skip() { echo "SKIP check-manual: $*" >&2; }

# flags_of COMMAND: as --help-all names them, one a line.
flags_of() { "$program" "$1" --help-all | grep -oE -- '(^|[ ,])--[a-z][a-z-]+' | tr -d ' ,' | sort -u; }

# The keys of the sample, one a line, with their table's name before them.
keys() {
  sed -nE 's/^#?\[([a-z_.]+)\]$/[\1]/p; s/^#?([a-z_]+) = .*/\1/p' config/vela-logs.toml |
    awk '/^\[/ { table = substr($0, 2, length($0) - 2) "."; next } { print table $0 }'
}

# expect_all WHAT FILE WORD…: each word stands in the file as a whole.
expect_all() {
  local what=$1 file=$2 word
  shift 2
  for word in "$@"; do
    grep -qE -- "(^|[^a-z-])${word//./\\.}([^a-z-]|$)" "$file" || fault "$what lacks $word"
  done
}

check_pages() {
  local page name command
  for page in "$manual"/*.[15]; do
    name=${page##*/}
    man --warnings -E UTF-8 -l "$page" >"$work/$name" 2>"$work/warnings"
    [[ ! -s $work/warnings ]] || fault "$name: $(head -n 3 "$work/warnings")"
    # Each page begins and ends as a page does; a lost heading swallows what follows it.
    expect_all "$name" "$work/$name" NAME DESCRIPTION 'SEE ALSO'
    ! grep -n '^@@\|@@[a-z]' "$work/$name" || fault "$name: a part was not filled in"
  done
  for command in serve run-step tail; do
    mapfile -t flags < <(flags_of "$command")
    ((${#flags[@]} > 3)) || fault "$command --help-all shows only ${flags[*]}"
    expect_all "vela-logs-$command(1)" "$work/vela-logs-$command.1" "${flags[@]}"
  done
  mapfile -t known < <(keys)
  ((${#known[@]} > 2)) || fault "the sample shows only the keys ${known[*]}"
  expect_all 'vela-logs.toml(5)' "$work/vela-logs.toml.5" "${known[@]}"
}

# complete_bash WORD…: what bash offers for the last word, one a line. As in bash, = is a word.
complete_bash() {
  bash --norc -c '
    source /usr/share/bash-completion/bash_completion
    source "$1"
    shift
    # Only bash itself may be asked for that, while it completes.
    compopt() { :; }
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_TYPE=9 COMP_KEY=9
    COMP_LINE=${COMP_LINE// = /=} COMP_POINT=${#COMP_LINE}
    _vela_logs vela-logs "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' - "$completions/vela-logs" "$@" | sort -u
}

# complete_fish LINE: the same of fish.
complete_fish() {
  HOME=$work fish --no-config -c "source '$completions/vela-logs.fish'; complete -C '$1'" |
    cut -f 1
}

# complete_zsh TEXT…: a shell at a terminal, where the tab key is pressed behind each text; prints the
# arguments that vela-logs would then have been called with.
# shellcheck disable=SC2016  # the inner zsh expands
complete_zsh() {
  HOME=$work timeout 60 zsh -f -c '
    zmodload zsh/zpty
    zpty shell "TERM=dumb zsh -f -i"
    zpty -w shell "unsetopt zle_bracketed_paste prompt_sp; PS1= PS2="
    zpty -w shell "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
    zpty -w shell "vela-logs() { print -r -- \"CALL\"\"ED<\$*>\" }"
    shift
    for text; do
      zpty -w -n shell "vela-logs $text"$'"'\\t\\n'"'
      zpty -r -m shell answer "*CALLED<*>*" && print -r -- ${${answer##*CALLED<}%%>*}
    done
    zpty -d shell' - "$completions" "$@"
}

# expect_lines WHAT EXPECTED GOT
expect_lines() { [[ $2 == "$3" ]] || fault "$1: expected '${2//$'\n'/ }', got '${3//$'\n'/ }'"; }

check_bash() {
  [[ -r /usr/share/bash-completion/bash_completion ]] || { skip "no bash-completion here" && return; }
  local command
  expect_lines 'bash: commands' $'run-step\nserve\ntail' \
    "$(complete_bash vela-logs '' | grep -v '^--')"
  for command in serve run-step tail; do
    complete_bash vela-logs "$command" -- >"$work/bash"
    mapfile -t flags < <(flags_of "$command" | grep -vx -- --version)
    expect_all "bash: vela-logs $command" "$work/bash" "${flags[@]}"
  done
  expect_lines 'bash: choices' $'block\ndrop\nfail' \
    "$(complete_bash vela-logs run-step --when-full '')"
  expect_lines 'bash: choices behind =' 'iso' "$(complete_bash vela-logs tail --time-form = i)"
  expect_lines 'bash: directories' '/etc' "$(complete_bash vela-logs run-step --spool-dir /et)"
  expect_lines 'bash: files' '/etc/os-release' "$(complete_bash vela-logs serve --config /etc/os-rel)"
  expect_lines 'bash: the command behind --' 'mktemp' \
    "$(complete_bash vela-logs run-step --quiet -- mktem)"
  expect_lines 'bash: files of the command behind --' '/etc/os-release' \
    "$(complete_bash vela-logs run-step --quiet -- cat /etc/os-rel)"
}

check_fish() {
  command -v fish >/dev/null || { skip "no fish here" && return; }
  local command
  expect_lines 'fish: commands' $'run-step\nserve\ntail' "$(complete_fish 'vela-logs ' | sort)"
  for command in serve run-step tail; do
    complete_fish "vela-logs $command --" >"$work/fish"
    mapfile -t flags < <(flags_of "$command" | grep -vx -- --version)
    expect_all "fish: vela-logs $command" "$work/fish" "${flags[@]}"
  done
  expect_lines 'fish: choices' $'block\ndrop\nfail' \
    "$(complete_fish 'vela-logs run-step --when-full ' | sort)"
  expect_lines 'fish: the command behind --' 'mktemp' \
    "$(complete_fish 'vela-logs run-step --quiet -- mktem')"
}

check_zsh() {
  command -v zsh >/dev/null || { skip "no zsh here" && return; }
  local command
  zsh -n "$completions/_vela-logs" || fault "zsh: syntax"
  for command in serve run-step tail; do
    mapfile -t flags < <(flags_of "$command" | grep -vx -- --version)
    awk -v command="$command)" '$1 == command { on = 1 } on; $1 == ")" { on = 0 }' \
      "$completions/_vela-logs" >"$work/zsh"
    expect_all "zsh: vela-logs $command" "$work/zsh" "${flags[@]}"
  done
  expect_lines 'zsh: what the tab key completes' \
    $'serve\nserve --store\nrun-step --when-full drop\ntail --time-form=iso\nrun-step -- mktemp' \
    "$(complete_zsh ser 'serve --sto' 'run-step --when-full d' 'tail --time-form=i' \
      'run-step -- mktem' | sed 's/ *$//')"
}

if command -v man >/dev/null; then check_pages; else skip "no man here"; fi
check_bash
check_fish
check_zsh
((failed == 0)) && echo "check-manual: passed"
exit "$failed"
