# Turns a page into a string of C++, with the hashes of its style and script. Arguments: NAME (of the function), PAGE,
# TEMPLATE, OUTPUT, OPENSSL (the program), and TEXT: a file whose text takes the place of {{TEXT}} in the page, if it has any.
file(READ ${PAGE} HTML)
cmake_path(GET PAGE FILENAME SOURCE)
if(TEXT)
  file(READ ${TEXT} text)
  string(REPLACE "&" "&amp;" text "${text}")
  string(REPLACE "<" "&lt;" text "${text}")
  string(REPLACE "{{TEXT}}" "${text}" HTML "${HTML}")
endif()

# hash_of(TAG VARIABLE): what a Content-Security-Policy calls the text of the page's only <TAG>.
function(hash_of tag variable)
  string(REGEX MATCH "<${tag}>(.*)</${tag}>" found "${HTML}")
  if(NOT found)
    message(FATAL_ERROR "${PAGE} has no <${tag}>")
  endif()
  file(WRITE ${OUTPUT}.${tag} "${CMAKE_MATCH_1}")
  execute_process(COMMAND ${OPENSSL} dgst -sha256 -binary ${OUTPUT}.${tag} COMMAND ${OPENSSL} base64 -A
                  OUTPUT_VARIABLE hash COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "sha256-${hash}" PARENT_SCOPE)
endfunction()

hash_of(style STYLE_HASH)
hash_of(script SCRIPT_HASH)
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
