# docteur_source(NAME OPTION FOLDER WHY): sets FOLDER to where the sources of NAME lie, which scripts/fetch-source knows: what
# OPTION names, or else what that script fetches. Sets it to nothing, and WHY to the reason, where there are none.
function(docteur_source name option folder why)
  set(${option} "" CACHE PATH "The sources of ${name}, instead of Debian's")
  set(${folder} "${${option}}" PARENT_SCOPE)
  if(${option})
    return()
  endif()
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/fetch-source ${name} ${PROJECT_BINARY_DIR}/sources
                  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE errors
                  OUTPUT_STRIP_TRAILING_WHITESPACE TIMEOUT 300)
  if(status EQUAL 0)
    set(${folder} "${out}" PARENT_SCOPE)
    return()
  endif()
  string(REGEX REPLACE ".*\n([^\n]+)\n*$" "\\1" last "${errors}")
  string(STRIP "${last}" last)
  set(${folder} "" PARENT_SCOPE)
  set(${why} "${last}; -D${option}=FOLDER gives it" PARENT_SCOPE)
endfunction()
