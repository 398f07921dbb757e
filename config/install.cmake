# What `cmake --install` and `cpack -G DEB` install besides the binary.
include(GNUInstallDirs)

install(FILES config/systemd/auditstream.service DESTINATION lib/systemd/system)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY config/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples FILES_MATCHING PATTERN *.yaml
        PATTERN debian EXCLUDE PATTERN systemd EXCLUDE PATTERN compose EXCLUDE PATTERN helm EXCLUDE PATTERN kubernetes EXCLUDE)

# Manual page and bash completion, made from --help.
find_program(PERL_PROGRAM perl)
require_found(PERL_PROGRAM "perl" perl-base)
set(MANUAL_DIR ${PROJECT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${MANUAL_DIR})
add_custom_command(
  OUTPUT ${MANUAL_DIR}/auditstream.1.gz ${MANUAL_DIR}/completion
  COMMAND ${PERL_PROGRAM} ${PROJECT_SOURCE_DIR}/config/manual/generate $<TARGET_FILE:auditstream>
          ${PROJECT_SOURCE_DIR}/docs/commands.md ${PROJECT_VERSION} ${MANUAL_DIR}
  COMMAND gzip -9nf ${MANUAL_DIR}/auditstream.1
  DEPENDS auditstream config/manual/generate config/manual/auditstream.1.in config/manual/completion.in docs/commands.md
  VERBATIM)
add_custom_target(manual ALL DEPENDS ${MANUAL_DIR}/auditstream.1.gz ${MANUAL_DIR}/completion)
install(FILES ${MANUAL_DIR}/auditstream.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${MANUAL_DIR}/completion DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME auditstream)

# The rest is only for the package: its paths are absolute, and `--prefix` would not move them.
install(FILES config/debian/auditstream.yaml DESTINATION /etc/auditstream COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/auditstream/credentials DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        COMPONENT package EXCLUDE_FROM_ALL)
install(FILES config/debian/copyright DESTINATION /usr/share/doc/auditstream COMPONENT package EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};${PROJECT_NAME};ALL;/;${PROJECT_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "the authors of auditstream <auditstream@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "SaaS audit logs into Kafka, exactly once")
list(JOIN VENDOR_TITLES ", " vendor_titles)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Polls the audit-log APIs of ${vendor_titles}
and publishes each event verbatim to a topic per vendor. Events and cursor
commit in one Kafka transaction. After a restart, a crash or a kill -9 it
continues exactly after its last commit.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/config/debian/conffiles
    ${PROJECT_SOURCE_DIR}/config/debian/postinst ${PROJECT_SOURCE_DIR}/config/debian/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
