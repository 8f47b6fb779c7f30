# pf_module(NAME SOURCES a.cpp … [DEPS pf::x …] [PRIVATE_DEPS …])   static library pf_NAME, alias pf::NAME
# pf_program(NAME SOURCES … DEPS …)                                  executable in <build>/bin
# pf_test(NAME SOURCES … DEPS … [LABELS …] [TIMEOUT seconds])        GoogleTest executable, one ctest entry
# pf_test_program(NAME SOURCES … DEPS …)                             a program that tests or benches start
# pf_script_test(NAME COMMAND … [LABELS …] [TIMEOUT seconds])        any other command as a ctest entry
include(GNUInstallDirs)

add_custom_target(sanitized-tests) # unit, conformance, fuzz
add_custom_target(other-tests)     # all other tests, and the programs that they start

# Owners of the precompiled headers: one for modules and programs, one for tests (with GoogleTest's).
function(pf_precompiled_owner owner header)
    set(source "${CMAKE_BINARY_DIR}/${owner}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// ${header}, precompiled\n")
    add_library(${owner} OBJECT "${source}")
    target_link_libraries(${owner} PRIVATE fmt::fmt Boost::json tl::expected Threads::Threads pf_options ${ARGN})
    target_precompile_headers(${owner} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/${header}")
endfunction()
if(PF_PRECOMPILE)
    pf_precompiled_owner(pf_pch precompiled.hpp)
    if(PF_BUILD_TESTS)
        pf_precompiled_owner(pf_test_pch precompiled_test.hpp GTest::gtest)
    endif()
endif()
function(pf_precompiled target owner)
    if(PF_PRECOMPILE)
        target_precompile_headers(${target} REUSE_FROM ${owner})
    endif()
endfunction()

function(pf_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
    add_library(pf_${name} STATIC ${ARG_SOURCES})
    add_library(pf::${name} ALIAS pf_${name})
    target_include_directories(pf_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(pf_${name} PUBLIC ${ARG_DEPS} PRIVATE pf_options ${ARG_PRIVATE_DEPS})
    pf_precompiled(pf_${name} pf_pch)
endfunction()

function(pf_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_DEPS} pf_options)
    pf_precompiled(${name} pf_pch)
    if(NOT TARGET programs) # everything that is installed, without the tests
        add_custom_target(programs)
    endif()
    add_dependencies(programs ${name})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

function(pf_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_DEPS} pf_options GTest::gtest GTest::gtest_main)
    # GoogleTest's macros are if-else statements; a bare `if` before one is fine.
    target_compile_options(${name} PRIVATE -Wno-dangling-else)
    pf_precompiled(${name} pf_test_pch)
    if(TARGET GTest::gmock)
        target_link_libraries(${name} PRIVATE GTest::gmock)
    endif()
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
    # tests/run builds each test once: the fast floors under sanitizers, what has processes plainly.
    if(ARG_LABELS MATCHES "^(unit|conformance|fuzz)$")
        add_dependencies(sanitized-tests ${name})
    else()
        add_dependencies(other-tests ${name})
    endif()
endfunction()

function(pf_test_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE ${ARG_DEPS} pf_options)
    pf_precompiled(${name} pf_pch)
    add_dependencies(other-tests ${name})
endfunction()

function(pf_script_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_test(NAME ${name} COMMAND ${ARG_COMMAND})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()
