# vela_options: what every file of ours is compiled and linked with.
include(CheckLinkerFlag)
include(CheckPIESupported)

add_library(vela_options INTERFACE)

# Position independent executables: addresses that an attacker cannot know.
check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Warnings are errors with the compilers that we build with; another may know warnings of its own,
# which must not keep anyone from a program. A sanitiser's own code makes the compiler see values
# that nobody reads; the plain builds judge.
set(werror OFF)
if(NOT VELA_SANITIZE AND "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" MATCHES
    "^(GNU 12|Clang 14)\\.")
  set(werror ON)
endif()
option(VELA_WERROR "Treat warnings as errors" ${werror})

file(RELATIVE_PATH source_from_build "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}")
target_compile_options(vela_options INTERFACE
  -Wall -Wextra -Wpedantic
  $<$<BOOL:${VELA_WERROR}>:-Werror>
  # g++ 12 sees Asio's operator new for coroutine frames inlined down to aligned_alloc and its
  # operator delete not inlined down to free, and calls the pair mismatched.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  # __FILE__ and debug information name files as a reader of the repository does, and a build is
  # the same wherever the clone lies; ccache makes paths relative before the compiler sees them.
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/="
  "-ffile-prefix-map=${source_from_build}=")

target_compile_definitions(vela_options INTERFACE
  VELA_LOGS_VERSION="${PROJECT_VERSION}"
  # The implementation of Asio and Beast is compiled once: async/asio_src.cpp, net/beast_src.cpp.
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ALL_NO_LIB)

# ---- hardening: serve is a daemon that reads what strangers send ------------------------------
# An index out of range or an empty optional ends the program instead of reading on.
target_compile_options(vela_options INTERFACE -fstack-protector-strong)
target_compile_definitions(vela_options INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(vela_options INTERFACE -Wl,-z,relro,-z,now)
if(NOT VELA_SANITIZE)
  # Needs an optimised build, and hides from ASan what it would report better.
  target_compile_options(vela_options INTERFACE
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()

# ---- sanitisers -------------------------------------------------------------------------------
if(VELA_SANITIZE STREQUAL "address")
  set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=undefined)
elseif(VELA_SANITIZE STREQUAL "thread")
  set(sanitize -fsanitize=thread)
  # TSan does not know fences. Asio's only back up the locks that it takes anyway.
  target_compile_definitions(vela_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
elseif(VELA_SANITIZE STREQUAL "fuzzer")
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "VELA_SANITIZE=fuzzer needs clang++; configure with "
      "-DCMAKE_CXX_COMPILER=clang++")
  endif()
  set(sanitize -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
elseif(NOT VELA_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "VELA_SANITIZE=${VELA_SANITIZE}: expected address, thread, fuzzer or nothing")
endif()
if(VELA_SANITIZE)
  # What a sanitiser adds makes g++ 12 see uninitialised values where there are none.
  target_compile_options(vela_options INTERFACE ${sanitize} -O1 -fno-omit-frame-pointer
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(vela_options INTERFACE ${sanitize})
endif()

# ---- speed of the build -----------------------------------------------------------------------
check_linker_flag(CXX -fuse-ld=mold VELA_HAVE_MOLD)
if(VELA_HAVE_MOLD)
  target_link_options(vela_options INTERFACE -fuse-ld=mold)
endif()

find_program(VELA_CCACHE ccache)
mark_as_advanced(VELA_CCACHE)
if(VELA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${VELA_CCACHE}")
endif()
