# What `cmake --install` and `cpack -G DEB` install besides the binary.
include(GNUInstallDirs)

install(FILES config/systemd/auditstream.service DESTINATION lib/systemd/system)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB examples CONFIGURE_DEPENDS config/*.yaml)
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# What `auditstream ocsf` takes as --mapping, and the schemas of the vendors' events.
install(DIRECTORY config/ocsf config/schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/auditstream FILES_MATCHING PATTERN *.yaml PATTERN *.json)

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
# example.org: the project itself has no mailbox.
set(AUDITSTREAM_MAINTAINER "the authors of auditstream <auditstream@example.org>" CACHE STRING "Maintainer of the Debian package")
# What was built for an older distribution is an older version of the same: 0.1.0-1~deb12 < 0.1.0-1~deb13. So an upgrade of
# the distribution also replaces this package, which needs the libraries of its own distribution.
cmake_host_system_information(RESULT distribution QUERY DISTRIB_ID)
cmake_host_system_information(RESULT distribution_version QUERY DISTRIB_VERSION_ID)
string(REPLACE "debian" "deb" distribution "${distribution}")
set(DISTRIBUTION "")
if(distribution_version)
  set(DISTRIBUTION ~${distribution}${distribution_version})
endif()
set(DEBIAN_DIR ${PROJECT_SOURCE_DIR}/config/debian)
set(MAINTAINER ${AUDITSTREAM_MAINTAINER})
configure_file(${DEBIAN_DIR}/changelog.in ${MANUAL_DIR}/changelog.Debian @ONLY)
execute_process(COMMAND gzip -9nf ${MANUAL_DIR}/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)

install(FILES config/debian/auditstream.yaml DESTINATION /etc/auditstream COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /etc/auditstream/credentials DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        COMPONENT package EXCLUDE_FROM_ALL)
install(FILES config/debian/copyright ${MANUAL_DIR}/changelog.Debian.gz DESTINATION /usr/share/doc/auditstream
        COMPONENT package EXCLUDE_FROM_ALL)
install(FILES config/debian/lintian-overrides DESTINATION /usr/share/lintian/overrides RENAME auditstream
        COMPONENT package EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};${PROJECT_NAME};ALL;/;${PROJECT_BINARY_DIR};${PROJECT_NAME};package;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1${DISTRIBUTION})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${AUDITSTREAM_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "SaaS audit logs into Kafka, exactly once")
list(JOIN VENDOR_TITLES ", " vendor_titles)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Polls the audit-log APIs of ${vendor_titles}
and publishes each event verbatim to a topic per vendor. Events and cursor
commit in one Kafka transaction. After a restart, a crash or a kill -9 it
continues exactly after its last commit.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${DEBIAN_DIR}/conffiles ${DEBIAN_DIR}/postinst ${DEBIAN_DIR}/prerm ${DEBIAN_DIR}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
