# Language, warnings and sanitizers for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

option(PF_BUILD_TESTS "Build the tests" ON)
option(PF_WERROR "Warnings are errors" ON)
set(PF_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
option(PF_COVERAGE "Instrument for coverage" OFF)
# Saves a third of the compile time of the rooms measured (docs/performance.md). A file still includes
# what it uses: the clang preset builds without.
option(PF_PRECOMPILE "Precompile the headers that most files include" ON)
set(CMAKE_PCH_WARN_INVALID OFF) # a target with other definitions just compiles the headers again

add_library(pf_options INTERFACE)
target_compile_options(pf_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
    -Wno-missing-field-initializers # designated initializers leave the rest to the defaults
    $<$<BOOL:${PF_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports these inside its own std::string and coroutine frames at -O2; see docs/design/0001.
    target_compile_options(pf_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized
        -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
# Lean debug information: enough for a backtrace, a third of the link time.
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_options(pf_options INTERFACE -g1)
endif()
if(PF_SANITIZE)
    target_compile_options(pf_options INTERFACE -fsanitize=${PF_SANITIZE} -fno-omit-frame-pointer
        -fno-sanitize-recover=all)
    target_link_options(pf_options INTERFACE -fsanitize=${PF_SANITIZE})
    target_compile_definitions(pf_options INTERFACE PF_SANITIZE=1)
    if(PF_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(pf_options INTERFACE -Wno-tsan) # a fence inside Boost.Asio
    endif()
endif()
if(PF_COVERAGE)
    target_compile_options(pf_options INTERFACE --coverage)
    target_link_options(pf_options INTERFACE --coverage)
endif()
