#!/bin/sh
# Installs the packages that a part of the work needs and that are missing.
#
#   scripts/deps.sh [build|demo|test|clang|fuzz|lint|bench|deb|rpm|packages]…      default: build
#
# Looks first: when all is there it needs no network and no rights. Otherwise it installs as root or
# through sudo; where it can do neither it prints the one command to run and exits 1. It needs
# nothing but a POSIX shell, and starts no service.
set -eu

say() { printf '%s\n' "$*" >&2; }

# ---- what each part needs -----------------------------------------------------------------------

debian_packages() {
  case $1 in
    build)
      echo "g++ cmake ninja-build pkg-config ccache mold $(debian_boost) libssl-dev libspdlog-dev" \
        "libfmt-dev libcurl4-openssl-dev libsqlite3-dev libzstd-dev zlib1g-dev libcli11-dev" \
        "libtomlplusplus-dev scdoc prometheus-cpp-dev"
      ;;
    demo) echo "curl diffutils" ;;
    test) echo "doctest-dev curl netcat-openbsd man-db bash-completion zsh fish" ;;
    clang) echo "clang" ;;
    fuzz) echo "clang libclang-rt-dev" ;;
    lint) echo "clang-format-19 clang-tidy-19 shellcheck" ;;
    bench) echo "gnuplot-nox" ;;
    deb) echo "build-essential debhelper dpkg-dev" ;;
    rpm) echo "rpm" ;;
    packages) echo "debootstrap lintian rpmlint systemd iproute2 util-linux binutils" ;;
    *) return 1 ;;
  esac
}

# Debian 12 has 1.74 under the plain name; later releases have 1.83 or newer there.
debian_boost() {
  if [ "$version_id" = 12 ]; then
    echo "libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev"
  else
    echo "libboost-dev libboost-json-dev libboost-url-dev"
  fi
}

# Names as packages.fedoraproject.org has them (Fedora 42 to 44); never installed from here. Its
# container images lack find, awk and diff.
fedora_packages() {
  case $1 in
    build)
      echo "gcc-c++ cmake ninja-build pkgconf-pkg-config ccache mold boost-devel boost-json" \
        "boost-url openssl-devel spdlog-devel fmt-devel libcurl-devel sqlite-devel libzstd-devel" \
        "zlib-devel cli11-devel tomlplusplus-devel scdoc prometheus-cpp-devel"
      ;;
    demo) echo "curl diffutils" ;;
    test)
      echo "doctest-devel curl netcat libasan libubsan libtsan findutils gawk diffutils man-db" \
        "bash-completion zsh fish"
      ;;
    clang) echo "clang" ;;
    fuzz) echo "clang compiler-rt" ;;
    lint) echo "clang-tools-extra ShellCheck findutils" ;;
    bench) echo "gnuplot-minimal" ;;
    deb) echo "debhelper dpkg-dev" ;;
    rpm) echo "rpm-build systemd-rpm-macros" ;;
    packages) echo "debootstrap rpmlint systemd iproute util-linux binutils" ;;
    *) return 1 ;;
  esac
}

# ---- what is missing ----------------------------------------------------------------------------

debian_missing() {
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p') || true
  for package in "$@"; do
    case "
$installed
" in
      *"
$package
"*) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

# A name may be provided by another package (curl by curl-minimal), so ask for what provides it.
fedora_missing() {
  for package in "$@"; do
    rpm -q --whatprovides "$package" >/dev/null 2>&1 || printf '%s ' "$package"
  done
}

# ---- installing ---------------------------------------------------------------------------------

debian_install() {
  run="$as_root env DEBIAN_FRONTEND=noninteractive apt-get"
  # Without package lists, or with lists so old that a file has gone, the first try fails.
  # shellcheck disable=SC2086  # words on purpose
  $run install -y --no-install-recommends "$@" && return
  say "deps: trying again with fresh package lists"
  # shellcheck disable=SC2086
  $run update && $run install -y --no-install-recommends "$@"
}

fedora_install() {
  # shellcheck disable=SC2086
  $as_root dnf install -y --setopt=install_weak_deps=False "$@"
}

# ---- main ---------------------------------------------------------------------------------------

version_id=
# shellcheck disable=SC1091
[ -r /etc/os-release ] && version_id=$(. /etc/os-release && echo "${VERSION_ID:-}")

if command -v apt-get >/dev/null 2>&1; then
  family=debian
  command_to_run="apt-get update && apt-get install -y --no-install-recommends"
elif command -v dnf >/dev/null 2>&1; then
  family=fedora
  command_to_run="dnf install -y"
else
  say "deps: neither apt-get nor dnf here; going on, CMake names what is missing"
  exit 0
fi

[ $# -gt 0 ] || set -- build
wanted=
for part in "$@"; do
  if ! packages=$("${family}_packages" "$part"); then
    say "deps: unknown part '$part'; expected build, demo, test, clang, fuzz, lint, bench, deb, rpm or" \
      "packages"
    exit 2
  fi
  wanted="$wanted $packages"
done

# shellcheck disable=SC2086
missing=$("${family}_missing" $wanted)
if [ -z "$missing" ]; then
  exit 0
fi

say "deps: missing: $missing"
if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
  say "deps: sudo will ask for your password"
  as_root=sudo
else
  say "deps: I may not install packages here. Please run, as root:"
  say ""
  say "  $command_to_run $missing"
  say ""
  exit 1
fi

# shellcheck disable=SC2086
if ! "${family}_install" $missing; then
  say "deps: could not install: $missing"
  exit 1
fi
