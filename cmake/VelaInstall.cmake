# What `make install` puts where. DESTDIR and CMAKE_INSTALL_PREFIX are honoured as usual.
if(TARGET vela-logs)
  install(TARGETS vela-logs RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# A configuration that somebody may have edited is not replaced.
set(sample "${PROJECT_SOURCE_DIR}/config/vela-logs.toml")
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
