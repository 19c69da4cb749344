# What `cmake --install` puts where: the libraries, their headers, CMake and pkg-config files, man pages, documents.
# Programs install themselves (cli/CMakeLists.txt).
include(CMakePackageConfigHelpers)

# One export set for each component, so that a user of the reader alone needs neither libcurl, libgit2 nor oneTBB.
set(reader_libraries reader)
set(host_libraries base host)
set(remote_libraries remote)
set(builder_libraries libgit2 writers builder verify extract trust survey)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/docteur)
# pkg-config files find the prefix from where they lie, so an installed tree can be moved.
file(RELATIVE_PATH to_prefix /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
string(REGEX REPLACE "/$" "" to_prefix ${to_prefix})
foreach(component reader host remote builder)
  foreach(library ${${component}_libraries})
    set_target_properties(docteur_${library} PROPERTIES EXPORT_NAME ${library})
    install(TARGETS docteur_${library} EXPORT docteur-${component} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endforeach()
  install(EXPORT docteur-${component} NAMESPACE docteur:: FILE docteur-${component}-targets.cmake
          DESTINATION ${package_dir})
  configure_file(cmake/docteur-${component}.pc.in docteur-${component}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/docteur-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
configure_package_config_file(cmake/docteur-config.cmake.in docteur-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(docteur-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/docteur-config.cmake ${PROJECT_BINARY_DIR}/docteur-config-version.cmake
        DESTINATION ${package_dir})

# The folder is the module in an installed header too: #include "reader/image.hpp".
install(DIRECTORY object base pack idx layout reader proof host remote libgit2 source builder verify extract survey trust DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/docteur
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

file(GLOB man1 CONFIGURE_DEPENDS man/*.1)
file(GLOB man5 CONFIGURE_DEPENDS man/*.5)
install(FILES ${man1} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${man5} DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
file(GLOB documents CONFIGURE_DEPENDS README.md CHANGELOG.md LICENSE doc/*.md)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Checks proofs in browsers; a module that a site copies.
install(FILES browser/docteur-proof.js DESTINATION ${CMAKE_INSTALL_DATADIR}/docteur)
