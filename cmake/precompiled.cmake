# docteur_precompiled(TARGET KIND): TARGET, hosted code, has the headers that most of it includes parsed once, if KIND is in
# the list DOCTEUR_PRECOMPILE: library, program or test (with GoogleTest). Each kind has headers of its own: libraries are
# compiled for any place in memory, programs are not, and GoogleTest needs a definition. Otherwise each source is parsed
# alone, which shows what it forgets to include; the preset release does that with all but the tests.
set(DOCTEUR_PRECOMPILE "" CACHE STRING "What common headers are parsed once for: library, program, test")

foreach(kind ${DOCTEUR_PRECOMPILE})
  if(kind STREQUAL test AND NOT BUILD_TESTING)
    continue()
  endif()
  set(precompiled docteur_precompiled_${kind})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "int main() {}\n")
  if(kind STREQUAL library)
    add_library(${precompiled} OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  else()
    add_executable(${precompiled} EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled.cpp)
  endif()
  target_compile_features(${precompiled} PRIVATE cxx_std_20)
  # gcc uses them only with the same -Wpedantic.
  target_link_libraries(${precompiled} PRIVATE tl::expected $<$<CXX_COMPILER_ID:GNU>:docteur_warnings>)
  target_precompile_headers(${precompiled} PRIVATE <algorithm> <array> <atomic> <charconv> <chrono> <filesystem> <functional>
    <map> <memory> <mutex> <optional> <span> <string> <string_view> <unordered_map> <vector> <tl/expected.hpp>)
  if(kind STREQUAL test)
    target_link_libraries(${precompiled} PRIVATE GTest::gtest)
    target_compile_options(${precompiled} PRIVATE -O0)  # as docteur_test()
    target_precompile_headers(${precompiled} PRIVATE <gtest/gtest.h>)
  endif()
endforeach()

function(docteur_precompiled target kind)
  if(kind IN_LIST DOCTEUR_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM docteur_precompiled_${kind})
  endif()
endfunction()
