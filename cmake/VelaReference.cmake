# The manual pages and the shells' completions. Their templates hold the prose and the logic, the
# program `reference` fills in what the option table knows, so they name the options that there are.
option(VELA_MANUAL "Build the manual pages and the completions" ON)
# A sanitised build is run, never installed.
if(VELA_SANITIZE OR NOT VELA_MANUAL)
  return()
endif()

find_program(VELA_SCDOC scdoc)
mark_as_advanced(VELA_SCDOC)
vela_require(VELA_SCDOC "scdoc (or configure with -DVELA_MANUAL=OFF)" scdoc scdoc)

file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cmd/reference/*.cpp")
add_executable(reference ${sources})
target_include_directories(reference PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(reference PRIVATE vela_config vela_base vela_options)

set(manual_dir "${PROJECT_BINARY_DIR}/man")
set(completions_dir "${PROJECT_BINARY_DIR}/completions")
file(MAKE_DIRECTORY "${manual_dir}" "${completions_dir}")

file(GLOB templates CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.scd")
foreach(template IN LISTS templates)
  cmake_path(GET template STEM LAST_ONLY page)
  string(REGEX MATCH "[0-9]$" section "${page}")
  # scdoc dates a page by $SOURCE_DATE_EPOCH, else by the day of the build.
  add_custom_command(OUTPUT "${manual_dir}/${page}"
    COMMAND reference "${template}" > "${manual_dir}/${page}.scd"
    COMMAND "${VELA_SCDOC}" < "${manual_dir}/${page}.scd" > "${manual_dir}/${page}"
    DEPENDS reference "${template}" VERBATIM)
  list(APPEND reference_files "${manual_dir}/${page}")
  install(FILES "${manual_dir}/${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()

# Debian's zsh looks in vendor-completions, others in site-functions.
set(VELA_ZSH_DIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING
  "Where zsh looks for completions")

# vela_completion(<shell> <name as the shell looks for it> <directory>)
function(vela_completion shell name directory)
  set(template "${PROJECT_SOURCE_DIR}/packaging/common/completions/vela-logs.${shell}.in")
  set(file "${completions_dir}/${name}")
  add_custom_command(OUTPUT "${file}"
    COMMAND reference "${template}" > "${file}"
    DEPENDS reference "${template}" VERBATIM)
  install(FILES "${file}" DESTINATION "${directory}")
  set(reference_files ${reference_files} "${file}" PARENT_SCOPE)
endfunction()
vela_completion(bash vela-logs "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
vela_completion(zsh _vela-logs "${VELA_ZSH_DIR}")
vela_completion(fish vela-logs.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

add_custom_target(manual ALL DEPENDS ${reference_files})
