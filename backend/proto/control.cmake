# Control messages: generated code (compiled without our warnings) and the framing codec.
set(control_gen "${CMAKE_CURRENT_BINARY_DIR}/gen")
set(control_protos "${CMAKE_CURRENT_SOURCE_DIR}/objects.proto"
    "${CMAKE_CURRENT_SOURCE_DIR}/control.proto")
set(control_outputs "${control_gen}/objects.pb.cc" "${control_gen}/objects.pb.h"
    "${control_gen}/control.pb.cc" "${control_gen}/control.pb.h")
add_custom_command(
    OUTPUT ${control_outputs}
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${control_gen}"
    COMMAND protobuf::protoc -I "${CMAKE_CURRENT_SOURCE_DIR}" "--cpp_out=${control_gen}"
            ${control_protos}
    DEPENDS ${control_protos}
    COMMENT "Generating the control protocol"
    VERBATIM)
add_library(pf_control_pb STATIC ${control_outputs})
target_include_directories(pf_control_pb SYSTEM PUBLIC "${control_gen}")
target_compile_options(pf_control_pb PRIVATE -w)
target_link_libraries(pf_control_pb PUBLIC protobuf::libprotobuf)

pf_module(proto
    SOURCES control_frame.cpp control_message.cpp
    DEPS pf::base pf_control_pb)
