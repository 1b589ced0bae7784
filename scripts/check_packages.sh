#!/usr/bin/env bash
# scripts/check_packages.sh OUT: builds both packages into OUT, lets lintian and rpmlint read them, and
# installs, runs, upgrades and removes each in a Debian system of its own below OUT.
#
# Needs root: it makes that system with debootstrap and enters it with chroot, in namespaces of its
# own (unshare), so that nothing of it is left mounted, running or listening here. The system is kept
# as OUT/root.tar; a second run needs no network. $VELA_DEBIAN_MIRROR: where it is fetched from.
set -euo pipefail

self=$(realpath "$0")
source_dir=$(dirname "$(dirname "$self")")
# The script calls itself with --inside OUT FUNCTION.
[[ ${1:?usage: scripts/check_packages.sh OUT} != --inside ]] || shift
mkdir -p "$1"
out=$(realpath "$1")
readonly kMostProgramBytes=$((6 * 1024 * 1024))
# Of systemd-analyze security, in tenths.
readonly kMostExposure=20
readonly kWaitSeconds=30

fail() {
  echo "check-packages: $*" >&2
  exit 1
}
say() { echo "check-packages: $*"; }

# ---- what can be seen without installing ---------------------------------------------------------

check_units() {
  local unit
  for unit in vela-logs vela-logs-resume; do
    systemd-analyze security --offline=true --threshold=$kMostExposure --no-pager \
      "$source_dir/packaging/common/systemd/$unit.service" >"$out/$unit.security" ||
      fail "$unit.service is too open: $(tail -n 1 "$out/$unit.security")"
    say "$(tail -n 1 "$out/$unit.security" | sed 's/^→ //')"
  done
}

check_program() {
  local size
  size=$(stat -c %s "$1")
  ((size <= kMostProgramBytes)) || fail "$1 has $size bytes; at most $kMostProgramBytes are meant"
  ! readelf -S "$1" | grep -q '\.symtab\|\.debug_info' || fail "$1 is not stripped"
  say "vela-logs in the package: $size bytes"
}

# ---- a system to install into --------------------------------------------------------------------

# shellcheck disable=SC2016  # apt unfolds it
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
    'Component: main' "Codename: $VERSION_CODENAME" | head -n 1
}

# needs_of DEB: the packages that it depends on, of alternatives the first. Where that is a name that
# another package provides, the other one: it is installed here, for the package was built with it.
needs_of() {
  dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -E 's/^ *([a-z0-9.+-]+).*/\1/' | sort -u |
    while read -r name; do
      dpkg-query -W -f '${Package}\t${Provides}\n' | awk -F '\t' -v name="$name" '
        $1 == name { real = name }
        (", " $2 ",") ~ (", " name "[ ,]") { provider = $1 }
        END { print real != "" ? real : provider != "" ? provider : name }'
    done | paste -sd,
}

# The system with all that the package depends on, so that apt needs no network afterwards.
make_root_archive() {
  local needs mirror
  needs=$(needs_of "$1")
  # shellcheck source=/dev/null
  VERSION_CODENAME=$(. /etc/os-release && echo "$VERSION_CODENAME")
  if [[ -f $out/root.tar && $(cat "$out/root.needs" 2>/dev/null) == "$VERSION_CODENAME $needs" ]]; then
    return
  fi
  mirror=${VELA_DEBIAN_MIRROR:-$(debian_mirror)}
  [[ -n $mirror ]] || fail "apt knows no mirror of Debian; set VELA_DEBIAN_MIRROR to its URL"
  say "debootstrap $VERSION_CODENAME from $mirror"
  rm -rf "$out/root" "$out/root.tar"
  debootstrap --variant=minbase --include="$needs" "$VERSION_CODENAME" "$out/root" "$mirror" \
    >"$out/debootstrap.log" 2>&1 ||
    fail "debootstrap failed: $(tail -n 1 "$out/debootstrap.log") (all in $out/debootstrap.log)"
  rm -f "$out/root/var/cache/apt/archives"/*.deb "$out/root/var/lib/apt/lists"/*_*
  tar -C "$out/root" -cf "$out/root.tar" .
  rm -rf "$out/root"
  echo "$VERSION_CODENAME $needs" >"$out/root.needs"
}

# inside FUNCTION: in a fresh copy of the system, with mounts, processes and a loopback of its
# own. FUNCTION finds the copy in $root.
inside() {
  root=$out/root
  rm -rf "$root"
  mkdir "$root"
  tar -C "$root" -xpf "$out/root.tar"
  # No service may be started by an installation, whatever is asked for.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  unshare --mount --net --pid --fork --kill-child "$self" --inside "$out" "$1" ||
    fail "failed in $root, which is left as it is"
  rm -rf "$root"
}

in_root() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive VELA_LOGS_SERVER=http://127.0.0.1:8080 "$@"
}

# wait_for WHAT COMMAND…
wait_for() {
  local what=$1 i
  shift
  for ((i = 0; i < kWaitSeconds * 20; i++)); do
    "$@" && return
    sleep 0.05
  done
  cat "$root/tmp/serve.log" >&2 2>/dev/null || true
  fail "waited ${kWaitSeconds}s in vain for: $what"
}

# unit_command UNIT: what its ExecStart runs.
unit_command() {
  sed -n 's/^ExecStart=//p' "$root"/{usr/,}lib/systemd/system/"$1" 2>/dev/null | head -n 1 |
    sed 's,%S,/var/lib,g'
}

told() { grep -q "$1" "$root/tmp/notified"; }

# Runs the unit's ExecStart as its account, as systemd would, and listens to what it tells.
start_serve() {
  local command
  command=$(unit_command vela-logs.service)
  [[ $command == /usr/bin/vela-logs\ serve* ]] || fail "vela-logs.service runs '$command'"
  rm -f "$root/run/notify"
  : >"$root/tmp/notified"
  (cd "$root/run" && exec nc -klUu notify) >"$root/tmp/notified" &
  listener=$!
  wait_for "the listener" test -S "$root/run/notify"
  chmod 666 "$root/run/notify"
  # shellcheck disable=SC2086  # the words of the unit
  chroot --userspec=vela-logs:vela-logs "$root" env -i -C /var/lib/vela-logs/store \
    NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=400000 $command >"$root/tmp/serve.log" 2>&1 &
  serve=$!
  wait_for "READY=1" told 'READY=1'
  wait_for "WATCHDOG=1" told 'WATCHDOG=1'
}

stop_serve() {
  kill "$serve"
  wait "$serve" || fail "serve ended with $?: $(tail -n 3 "$root/tmp/serve.log")"
  wait_for "STOPPING=1" told 'STOPPING=1'
  kill "$listener"
  wait "$listener" 2>/dev/null || true
}

# expect_log BUILD TEXT: that is what the server has, complete.
expect_log() {
  local text
  text=$(in_root vela-logs tail --no-follow "octocat/hello/$1/steps/1") ||
    fail "tail of build $1 ended with $?"
  [[ $text == "$2" ]] || fail "build $1 reads '$text', expected '$2'"
}

# A step streamed to the installed server, and what a dead one left, by the timer's unit.
try_everything() {
  local build=$1 left
  start_serve
  in_root vela-logs run-step --strict --quiet --log "octocat/hello/$build/steps/1" -- \
    sh -c 'echo one; echo two' || fail "run-step ended with $?"
  expect_log "$build" $'one\ntwo'
  stop_serve

  in_root vela-logs run-step --quiet --drain-timeout 0s --log "octocat/hello/${build}9/steps/1" -- \
    echo late 2>/dev/null || fail "run-step without a server ended with $?"
  left=$(find "$root/var/lib/vela-logs/spool" -name '*.spool' | wc -l)
  [[ $left == 1 ]] || fail "a run without a server left $left spools"
  start_serve
  # shellcheck disable=SC2046  # the words of the unit
  in_root $(unit_command vela-logs-resume.service) || fail "vela-logs-resume.service ended with $?"
  expect_log "${build}9" late
  stop_serve
}

expect_there() { [[ -e $root$1 ]] || fail "$1 is missing $2"; }
expect_gone() { [[ ! -e $root$1 ]] || fail "$1 is still there $2"; }
expect_mode() {
  local mode
  mode=$(in_root stat -c '%U %a' "$1")
  [[ $mode == "$2" ]] || fail "$1 is '$mode', expected '$2'"
}

check_installed() {
  local unit
  in_root vela-logs --version
  in_root vela-logs serve --config /etc/vela-logs/vela-logs.toml --check-config
  expect_mode /var/lib/vela-logs 'root 755'
  expect_mode /var/lib/vela-logs/store 'vela-logs 750'
  expect_mode /var/lib/vela-logs/spool 'root 700'
  for unit in vela-logs.service vela-logs.socket vela-logs-resume.timer; do
    [[ $(in_root systemctl is-enabled "$unit") == disabled ]] || fail "$unit is enabled"
  done
  in_root systemd-analyze verify --man=no vela-logs.service vela-logs.socket vela-logs-resume.timer \
    vela-logs-resume.service 2>"$root/tmp/verify" || true
  ! grep vela-logs "$root/tmp/verify" || fail "systemd-analyze verify: see above"
}

readonly kEdit='# edited by hand'
edit_config() { echo "$kEdit" >>"$root/etc/vela-logs/vela-logs.toml"; }
expect_edited() {
  grep -qx "$kEdit" "$root/etc/vela-logs/vela-logs.toml" || fail "the edited configuration is gone"
  expect_there "/etc/vela-logs/vela-logs.toml.$1" "after an upgrade that changes it"
}

# ---- the Debian package --------------------------------------------------------------------------

# A package of a higher version whose configuration differs.
make_newer_deb() {
  local work=$out/newer
  rm -rf "$work"
  dpkg-deb -R "$1" "$work"
  sed -i -E 's/^Version: .*/&+newer/' "$work/DEBIAN/control"
  echo '# a newer version says more' >>"$work/etc/vela-logs/vela-logs.toml"
  (cd "$work" && md5sum usr/bin/vela-logs >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -b "$work" "$out/newer.deb" >/dev/null
  rm -rf "$work"
}

apt() { in_root apt-get -q -y -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"; }

try_deb() {
  apt install --no-install-recommends /tmp/package.deb
  check_installed
  check_program "$root/usr/bin/vela-logs"
  edit_config
  try_everything 42

  apt install --no-install-recommends /tmp/newer.deb
  in_root dpkg-query -W vela-logs | grep -q '+newer$' || fail "the newer version is not installed"
  expect_edited dpkg-dist
  start_serve
  expect_log 42 $'one\ntwo'
  stop_serve

  apt remove vela-logs
  expect_gone /usr/bin/vela-logs "after remove"
  expect_there /var/lib/vela-logs/store/vela-logs.db "after remove"
  expect_there /etc/vela-logs/vela-logs.toml "after remove"
  apt purge vela-logs
  expect_gone /var/lib/vela-logs "after purge"
  expect_gone /etc/vela-logs "after purge"
}

# ---- the RPM package -----------------------------------------------------------------------------

# The same of the RPM, installed anew from what the first one compiled, and packaged.
make_newer_rpm() {
  local top=$out/work-rpm tree stage
  tree=$(echo "$top"/BUILD/vela-logs-*/build)
  sed -i -E 's/^(Release: *)1/\12/' "$top/SPECS/vela-logs.spec"
  echo '# a newer version says more' >>"$tree/packaged/vela-logs.toml"
  for stage in -bi -bb; do
    rpmbuild $stage --short-circuit --nodeps --load "$source_dir/packaging/rpm/macros.elsewhere" \
      --define "_topdir $top" --define "_rpmdir $out" --define '_build_name_fmt newer.rpm' \
      "$top/SPECS/vela-logs.spec" >"$out/newer.log" 2>&1 ||
      fail "rpmbuild of a newer package failed: $(tail -n 3 "$out/newer.log")"
  done
}

# The database is the root's own, and knows none of Debian's packages.
rpm_in_root() { rpm --root "$root" --dbpath /var/lib/rpm "$@"; }

try_rpm() {
  rpm_in_root -i --nodeps "$out/package.rpm"
  check_installed
  check_program "$root/usr/bin/vela-logs"
  edit_config
  try_everything 42

  rpm_in_root -U --nodeps "$out/newer.rpm"
  [[ $(rpm_in_root -q vela-logs | wc -l) == 1 ]] || fail "both versions are installed"
  expect_edited rpmnew
  start_serve
  expect_log 42 $'one\ntwo'
  stop_serve

  rpm_in_root -e --nodeps vela-logs
  expect_gone /usr/bin/vela-logs "after erase"
  expect_there /var/lib/vela-logs/store/vela-logs.db "after erase"
  expect_there /etc/vela-logs/vela-logs.toml.rpmsave "after erase"
}

# ---- main ----------------------------------------------------------------------------------------

if [[ -n ${2:-} ]]; then
  root=$out/root
  ip link set lo up
  mount -t proc proc "$root/proc"
  cp "$out"/{package,newer}.* "$root/tmp/"
  "$2"
  exit
fi

if [[ $(id -u) != 0 ]]; then
  fail "this needs root, to make a system and to chroot into it: run it as root, or in a container"
fi
unshare --mount --net --pid --fork --kill-child true ||
  fail "unshare is not allowed here; in a container, give it the privilege (CAP_SYS_ADMIN)"

check_units
deb=$("$source_dir/scripts/package.sh" deb "$out")
say "built $deb"
lintian --allow-root --fail-on error,warning "$deb"
cp "$deb" "$out/package.deb"
make_newer_deb "$deb"
make_root_archive "$deb"
inside try_deb >"$out/deb.log" 2>&1 || { tail -n 30 "$out/deb.log" >&2 && exit 1; }
grep '^check-packages: ' "$out/deb.log"
say "the Debian package installs, runs, upgrades and goes"

rpm=$("$source_dir/scripts/package.sh" rpm "$out")
say "built $rpm"
rpmlint --strict --config "$source_dir/packaging/rpm/rpmlint.toml" "$rpm"
cp "$rpm" "$out/package.rpm"
make_newer_rpm
inside try_rpm >"$out/rpm.log" 2>&1 || { tail -n 30 "$out/rpm.log" >&2 && exit 1; }
say "the RPM package installs, runs, upgrades and goes"
say "passed"
