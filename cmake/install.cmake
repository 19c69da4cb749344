# What `cmake --install` puts where: both libraries, their headers, CMake and pkg-config files, man pages, documents.
# Programs install themselves (cli/CMakeLists.txt).
include(CMakePackageConfigHelpers)

set_target_properties(docteur_reader PROPERTIES EXPORT_NAME reader)
set_target_properties(docteur_builder PROPERTIES EXPORT_NAME builder)

# One export set each, so that a user of the reader alone needs neither libgit2 nor oneTBB.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/docteur)
# pkg-config files find the prefix from where they lie, so an installed tree can be moved.
file(RELATIVE_PATH to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
foreach(library reader builder)
  install(TARGETS docteur_${library} EXPORT docteur-${library} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT docteur-${library} NAMESPACE docteur:: FILE docteur-${library}-targets.cmake DESTINATION ${package_dir})
  configure_file(cmake/docteur-${library}.pc.in docteur-${library}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/docteur-${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
configure_package_config_file(cmake/docteur-config.cmake.in docteur-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(docteur-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/docteur-config.cmake ${PROJECT_BINARY_DIR}/docteur-config-version.cmake
        DESTINATION ${package_dir})

# The folder is the module in an installed header too: #include "reader/image.hpp".
install(DIRECTORY object base pack idx layout reader source builder verify extract survey trust DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/docteur
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

file(GLOB man1 CONFIGURE_DEPENDS man/*.1)
file(GLOB man5 CONFIGURE_DEPENDS man/*.5)
install(FILES ${man1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${man5} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
file(GLOB documents CONFIGURE_DEPENDS README.md CHANGELOG.md LICENSE doc/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
