# What `make install` puts where. DESTDIR and CMAKE_INSTALL_PREFIX are honoured as usual.
option(VELA_SYSTEMD
  "Install what a system needs around the program too: units, account, directories, as packages do" OFF)
set(VELA_UNIT_DIR "lib/systemd/system" CACHE STRING "Where systemd looks for units")

if(TARGET vela-logs)
  install(TARGETS vela-logs RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

set(sample "${PROJECT_SOURCE_DIR}/config/vela-logs.toml")
if(VELA_SYSTEMD)
  # The unit's store has its place, and whoever runs a command by hand is to find the same one.
  file(READ "${sample}" text)
  set(default "#store = \"./vela-logs.db\"")
  set(place "store = \"sqlite:/var/lib/vela-logs/store/vela-logs.db\"")
  string(FIND "${text}" "\n${default}\n" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${sample} has no line ${default}; name its new form in cmake/VelaInstall.cmake")
  endif()
  string(REPLACE "\n${default}\n" "\n${place}\n" text "${text}")
  set(sample "${PROJECT_BINARY_DIR}/packaged/vela-logs.toml")
  file(CONFIGURE OUTPUT "${sample}" CONTENT "${text}" @ONLY)

  set(systemd "${PROJECT_SOURCE_DIR}/packaging/common/systemd")
  install(FILES "${systemd}/vela-logs.service" "${systemd}/vela-logs.socket"
    "${systemd}/vela-logs-resume.service" "${systemd}/vela-logs-resume.timer"
    DESTINATION "${VELA_UNIT_DIR}")
  install(FILES "${systemd}/sysusers.conf" DESTINATION lib/sysusers.d RENAME vela-logs.conf)
  install(FILES "${systemd}/tmpfiles.conf" DESTINATION lib/tmpfiles.d RENAME vela-logs.conf)
  install(FILES "${systemd}/resume.env" DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/vela-logs")
endif()

# A configuration that somebody may have edited is not replaced.
set(config_dir "${CMAKE_INSTALL_FULL_SYSCONFDIR}/vela-logs")
install(CODE "
  set(sample \"${sample}\")
  set(installed \"\$ENV{DESTDIR}${config_dir}/vela-logs.toml\")
  if(EXISTS \"\${installed}\")
    message(STATUS \"Kept: \${installed}\")
  elseif(EXISTS \"\${sample}\")
    file(INSTALL \"\${sample}\" DESTINATION \"${config_dir}\")
  endif()
")

file(GLOB docs CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/docs/*.md" "${PROJECT_SOURCE_DIR}/docs/*.svg")
install(FILES ${docs} DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
# Dashboards, alert rules and the like, each in its folder. The manual's sources are no use there.
file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true "${PROJECT_SOURCE_DIR}/docs/*")
foreach(folder IN LISTS folders)
  if(IS_DIRECTORY "${folder}" AND NOT folder MATCHES "/man$")
    install(DIRECTORY "${folder}" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  endif()
endforeach()
