# vela_core_library(<folder> [LINKS <folder>…] [PACKAGES <target>…])
#
# Makes the library vela_<folder> of all .cpp files in and below src/core/<folder>: a new file needs
# no line here. It links only the folders in LINKS; src/core/CMakeLists.txt holds the table. A
# folder without .cpp files is header only, and may be missing altogether.
function(vela_core_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINKS;PACKAGES")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vela_core_library(${folder}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  list(TRANSFORM arg_LINKS PREPEND vela_)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
  if(sources)
    set(scope PUBLIC)
    add_library(vela_${folder} STATIC ${sources})
  else()
    set(scope INTERFACE)
    add_library(vela_${folder} INTERFACE)
  endif()
  target_include_directories(vela_${folder} ${scope} "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(vela_${folder} ${scope} vela_options ${arg_LINKS} ${arg_PACKAGES})
endfunction()
