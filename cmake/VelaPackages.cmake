# The libraries that vela-logs is built on: all from the distribution, nothing is downloaded.
# Whoever lacks one is told which package has it; `make deps` installs them all.

function(vela_require found what debian fedora)
  if(NOT ${found})
    message(FATAL_ERROR "${what} was not found.\n"
      "  Debian: apt-get install ${debian}\n"
      "  Fedora: dnf install ${fedora}\n"
      "  or let `make deps` install everything that is missing.")
  endif()
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# CONFIG: Boost's own package files, so that the runtime libraries of an older Boost, which may lie
# beside it, are never mixed in.
find_package(Boost 1.81 CONFIG QUIET COMPONENTS json url)
vela_require(Boost_FOUND "Boost 1.81 or later with json and url"
  "libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev"
  "boost-devel boost-json boost-url")

find_package(OpenSSL 3.0 QUIET COMPONENTS Crypto)
vela_require(OPENSSL_FOUND "OpenSSL 3.0 or later" libssl-dev openssl-devel)

find_package(spdlog 1.10 CONFIG QUIET)
vela_require(spdlog_FOUND "spdlog 1.10 or later" "libspdlog-dev libfmt-dev" "spdlog-devel fmt-devel")

find_package(CURL 7.88 QUIET)
vela_require(CURL_FOUND "libcurl 7.88 or later" libcurl4-openssl-dev libcurl-devel)

find_package(ZLIB 1.2 QUIET)
vela_require(ZLIB_FOUND "zlib 1.2 or later" zlib1g-dev zlib-devel)

find_package(SQLite3 3.40 QUIET)
vela_require(SQLite3_FOUND "SQLite 3.40 or later" libsqlite3-dev sqlite-devel)

find_package(PkgConfig QUIET)
vela_require(PkgConfig_FOUND "pkg-config" pkg-config pkgconf-pkg-config)
pkg_check_modules(zstd QUIET IMPORTED_TARGET libzstd>=1.5)
vela_require(zstd_FOUND "zstd 1.5 or later" libzstd-dev libzstd-devel)

# Through pkg-config: the CMake package wants the web server of the part that is not used here.
pkg_check_modules(prometheus QUIET IMPORTED_TARGET prometheus-cpp-core>=1.0)
vela_require(prometheus_FOUND "prometheus-cpp 1.0 or later" prometheus-cpp-dev
  prometheus-cpp-devel)

find_package(CLI11 2.1 CONFIG QUIET)
vela_require(CLI11_FOUND "CLI11 2.1 or later" libcli11-dev cli11-devel)

# Header only on purpose: one file parses TOML, and the program needs one library less at run time.
find_path(VELA_TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h)
mark_as_advanced(VELA_TOMLPLUSPLUS_INCLUDE_DIR)
vela_require(VELA_TOMLPLUSPLUS_INCLUDE_DIR "toml++ 3" libtomlplusplus-dev tomlplusplus-devel)
add_library(vela_tomlplusplus INTERFACE)
target_include_directories(vela_tomlplusplus SYSTEM INTERFACE "${VELA_TOMLPLUSPLUS_INCLUDE_DIR}")

if(VELA_TESTS)
  find_path(VELA_DOCTEST_INCLUDE_DIR doctest/doctest.h)
  mark_as_advanced(VELA_DOCTEST_INCLUDE_DIR)
  vela_require(VELA_DOCTEST_INCLUDE_DIR "doctest (or configure with -DVELA_TESTS=OFF)"
    doctest-dev doctest-devel)
  add_library(vela_doctest INTERFACE)
  target_include_directories(vela_doctest SYSTEM INTERFACE "${VELA_DOCTEST_INCLUDE_DIR}")
endif()
