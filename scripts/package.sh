#!/usr/bin/env bash
# scripts/package.sh deb|rpm OUT: builds the package of this tree into the directory OUT.
#
# It is built from a copy of the tree, without what git ignores, and with the time of the commit, so
# that the same commit gives the same package wherever and whenever it is built. The version is that
# of CMakeLists.txt; $VELA_PACKAGE_REVISION (1) is the package's own.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:?usage: scripts/package.sh deb|rpm OUT}
mkdir -p "${2:?usage: scripts/package.sh deb|rpm OUT}"
out=$(realpath "$2")
revision=${VELA_PACKAGE_REVISION:-1}

fail() {
  echo "package: $*" >&2
  exit 1
}

version=$(sed -nE 's/^project\(vela-logs VERSION ([0-9.]+) .*/\1/p' CMakeLists.txt)
[[ -n $version ]] || fail "CMakeLists.txt names no version; expected project(vela-logs VERSION 1.2.3 …"

has_git() { [[ -e .git ]] && git rev-parse --git-dir >/dev/null 2>&1; }

if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  has_git || fail "no git repository here to take the time from; set SOURCE_DATE_EPOCH, for example" \
    "SOURCE_DATE_EPOCH=\$(date +%s)"
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
# A copy has another path; it is to find in ccache what this tree has compiled. debhelper gives its
# children a HOME without a cache in it.
if command -v ccache >/dev/null; then
  CCACHE_DIR=$(ccache --get-config cache_dir)
  export CCACHE_DIR CCACHE_BASEDIR=$out CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=locale
fi

# The files of the tree, NUL between them.
files() {
  if has_git; then
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
      [[ ! -e $file ]] || printf '%s\0' "$file"
    done
  else
    find . -path ./build -prune -o -type f -printf '%P\0'
  fi | sort -z
}

# archive NAME: the tree as a tar, below the folder NAME; the same for the same commit.
archive() {
  files | tar -c --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go=rX --transform="s,^,$1/,S" --no-recursion --null --files-from=-
}

# filled FILE DATE
filled() { sed "s/@VERSION@/$version/g; s/@REVISION@/$revision/g; s/@DATE@/$2/g" "$1"; }

make_deb() {
  local work=$out/work-deb tree
  tree=$work/vela-logs-$version
  rm -rf "$work"
  mkdir -p "$work"
  archive "vela-logs-$version" | tar -x -C "$work"
  cp -r "$tree/packaging/deb" "$tree/debian"
  filled packaging/deb/changelog.in "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$tree/debian/changelog"
  rm "$tree/debian/changelog.in"
  (cd "$tree" && dpkg-buildpackage --build=binary --no-sign) >"$work/log" 2>&1 || {
    tail -n 40 "$work/log" >&2
    fail "dpkg-buildpackage failed; all of it is in $work/log"
  }
  mv "$work"/*.deb "$out"
  echo "$out/vela-logs_$version-${revision}_$(dpkg --print-architecture).deb"
}

make_rpm() {
  local top=$out/work-rpm args=()
  rm -rf "$top"
  mkdir -p "$top/SOURCES" "$top/SPECS"
  archive "vela-logs-$version" | gzip -9n >"$top/SOURCES/vela-logs-$version.tar.gz"
  cp packaging/common/systemd/sysusers.conf "$top/SOURCES/vela-logs.sysusers"
  filled packaging/rpm/vela-logs.spec "$(date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
    >"$top/SPECS/vela-logs.spec"
  # Where rpm is not the system's own, its database knows no package, and macros are missing.
  if [[ -z $(rpm -E '%{?_unitdir}') ]]; then
    args=(--nodeps --load packaging/rpm/macros.elsewhere)
  fi
  # --noclean: scripts/check_packages.sh goes on from there.
  rpmbuild -bb --noclean "${args[@]}" --define "_topdir $top" --define "_rpmdir $out" \
    --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
    --define '_buildhost reproducible' --define 'use_source_date_epoch_as_buildtime 1' \
    --define 'clamp_mtime_to_source_date_epoch 1' --define 'source_date_epoch_from_changelog 0' \
    "$top/SPECS/vela-logs.spec" >"$top/log" 2>&1 || {
    tail -n 40 "$top/log" >&2
    fail "rpmbuild failed; all of it is in $top/log"
  }
  sed -n 's/^Wrote: //p' "$top/log"
}

case $kind in
  deb) make_deb ;;
  rpm) make_rpm ;;
  *) fail "unknown kind '$kind'; expected deb or rpm" ;;
esac
