# docteur_llhttp: the parser of HTTP's header fields, in strict mode. The system's library (Debian 13: libllhttp-dev, a
# static one), or else built from the C sources that Debian 12 has in node-llhttp. `DOCTEUR_LLHTTP_ARCHIVE` is the
# static library for a guest, or empty.
find_path(LLHTTP_INCLUDE_DIR llhttp.h)
find_library(LLHTTP_LIBRARY NAMES libllhttp.a llhttp)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp NO_DEFAULT_PATH)
find_path(LLHTTP_SOURCE_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp NO_DEFAULT_PATH)

if(LLHTTP_INCLUDE_DIR AND LLHTTP_LIBRARY)
  add_library(docteur_llhttp INTERFACE)
  target_include_directories(docteur_llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE_DIR})
  target_link_libraries(docteur_llhttp INTERFACE ${LLHTTP_LIBRARY})
  set(DOCTEUR_LLHTTP_ARCHIVE)
  if(LLHTTP_LIBRARY MATCHES "\\.a$")
    set(DOCTEUR_LLHTTP_ARCHIVE ${LLHTTP_LIBRARY})
  endif()
elseif(LLHTTP_SOURCE_DIR AND LLHTTP_SOURCE_INCLUDE_DIR)
  add_library(docteur_llhttp STATIC ${LLHTTP_SOURCE_DIR}/llhttp.c ${LLHTTP_SOURCE_DIR}/api.c ${LLHTTP_SOURCE_DIR}/http.c)
  target_include_directories(docteur_llhttp SYSTEM PUBLIC ${LLHTTP_SOURCE_INCLUDE_DIR})
  # Before version 9 the mode is chosen when it is compiled; from then on there is no other.
  target_compile_definitions(docteur_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
  target_compile_options(docteur_llhttp PRIVATE -O2 -w)  # not our code: its warnings are not ours
  set(DOCTEUR_LLHTTP_ARCHIVE $<TARGET_FILE:docteur_llhttp>)
else()
  message(FATAL_ERROR "llhttp is absent: install libllhttp-dev (Debian 13) or node-llhttp (Debian 12)")
endif()
