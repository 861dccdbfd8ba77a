# kasane_room(NAME LINKS LIBRARY...) makes the static library kasane_NAME of all sources below NAME/.
function(kasane_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cc)
  if(sources)
    add_library(kasane_${name} STATIC ${sources})
    target_link_libraries(kasane_${name} PUBLIC ${ROOM_LINKS})
  else()
    add_library(kasane_${name} INTERFACE)
    target_link_libraries(kasane_${name} INTERFACE ${ROOM_LINKS})
  endif()
endfunction()

# kasane_test_room(NAME [LABEL LABEL] LINKS LIBRARY...) makes the test program kasane_NAME_tests of tests/NAME/**/*_test.cc,
# which ctest knows as LABEL.NAME, `unit` unless told otherwise, or as NAME where both are the same.
function(kasane_test_room name)
  cmake_parse_arguments(ROOM "" "LABEL" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*_test.cc)
  if(sources)
    add_executable(kasane_${name}_tests ${sources})
    target_link_libraries(kasane_${name}_tests PRIVATE ${ROOM_LINKS} kasane_test_support
                          GTest::gmock GTest::gtest_main)
    target_precompile_headers(kasane_${name}_tests PRIVATE <gmock/gmock.h> <gtest/gtest.h>
                              <fmt/format.h>)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # All wrong about literals that become strings (GCC bug 105329 and its kin).
      target_compile_options(kasane_${name}_tests PRIVATE -Wno-array-bounds
                             -Wno-stringop-overread -Wno-stringop-overflow)
    endif()
    target_compile_definitions(kasane_${name}_tests PRIVATE
                               KASANE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(NOT ROOM_LABEL)
      set(ROOM_LABEL unit)
    endif()
    set(test ${ROOM_LABEL}.${name})
    if(ROOM_LABEL STREQUAL name)
      set(test ${name})
    endif()
    add_test(NAME ${test} COMMAND kasane_${name}_tests)
    set_tests_properties(${test} PROPERTIES LABELS ${ROOM_LABEL})
  endif()
endfunction()
