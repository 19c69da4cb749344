# docteur_embed_text(VARIABLE FILE): a rule that makes FILE, of the current source folder, a C++ string literal in the
# current binary folder, FILE's name with .inc instead of its ending. VARIABLE gets its path, to be listed as a source.
function(docteur_embed_text variable file)
  get_filename_component(name ${file} NAME_WE)
  set(literal ${CMAKE_CURRENT_BINARY_DIR}/${name}.inc)
  add_custom_command(
    OUTPUT ${literal}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file} -DOUTPUT=${literal}
            -P ${PROJECT_SOURCE_DIR}/cmake/text_literal.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/text_literal.cmake
    VERBATIM)
  set(${variable} ${literal} PARENT_SCOPE)
endfunction()
