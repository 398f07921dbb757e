# Turns index.html into status_page.cpp. Arguments: PAGE, TEMPLATE, OUTPUT, OPENSSL (the program).
file(READ ${PAGE} HTML)

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
