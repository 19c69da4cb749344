# The deflater that writes. The bytes of an image depend on it, so that it is one version of libdeflate everywhere, built
# into docteur_writers; reading uses the system's. Its functions get names of their own: both may be in one program.
option(DOCTEUR_SYSTEM_LIBDEFLATE "Write with the system's libdeflate: images differ from others', and say so" OFF)
function(define_for_writing)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/pack/compressor.cpp ${PROJECT_SOURCE_DIR}/pack/segment_deflater.cpp
               TARGET_DIRECTORY docteur_writers APPEND PROPERTY COMPILE_DEFINITIONS ${ARGN})
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/builder/build_image.cpp
               TARGET_DIRECTORY docteur_builder APPEND PROPERTY COMPILE_DEFINITIONS ${ARGN})
endfunction()
if(DOCTEUR_SYSTEM_LIBDEFLATE)
  define_for_writing(DOCTEUR_SYSTEM_LIBDEFLATE)
  return()
endif()

docteur_source(libdeflate DOCTEUR_LIBDEFLATE_SOURCE libdeflate why)
if(NOT EXISTS "${libdeflate}/lib/deflate_compress.c")
  message(FATAL_ERROR "no libdeflate to write images with (${why}); with -DDOCTEUR_SYSTEM_LIBDEFLATE=ON the system's does")
endif()

# All that these define. What calls them includes the system's header, with the same new names.
set(functions aligned_free aligned_malloc alloc_compressor deflate_compress deflate_compress_bound free free_compressor
    get_compression_level malloc set_memory_allocator zlib_compress zlib_compress_bound)
list(TRANSFORM functions REPLACE "(.+)" "libdeflate_\\1=docteur_libdeflate_\\1")
add_library(docteur_deflate OBJECT ${libdeflate}/lib/deflate_compress.c ${libdeflate}/lib/utils.c
            ${libdeflate}/lib/zlib_compress.c)
target_include_directories(docteur_deflate PRIVATE ${libdeflate})
target_compile_definitions(docteur_deflate PRIVATE ${functions})
target_compile_options(docteur_deflate PRIVATE -O2 -w)  # not our code: its warnings are not ours
define_for_writing(${functions})
target_sources(docteur_writers PRIVATE $<TARGET_OBJECTS:docteur_deflate>)
