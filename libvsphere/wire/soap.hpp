#pragma once
// SOAP envelopes of vim25, both directions, as text in and text out. No I/O.
//
// The client calls encode_call / decode_reply; the simulator calls decode_call / encode_reply /
// encode_fault. Namespaces are resolved by URI and never by prefix; unknown elements are skipped
// unless `strict`. Every malformed input is an Errc::Protocol error, never an exception or a crash
// (fuzzed).

#include "base/result.hpp"
#include "libvsphere/wire/value.hpp"
#include "libvsphere/wire/version.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim {

namespace xml {
class Document;
class Element;
} // namespace xml

/// One request: method, receiver, named arguments.
struct Call {
    std::string method;
    MoRef self;
    std::vector<Field> args;
    std::string operation_id; ///< SOAP header operationID; empty = none

    const Value& arg(std::string_view name) const;
};

/// A SOAP fault or a task's error. `detail.type` is the vim fault's name ("ResourceInUse"); empty
/// for a bare SOAP fault.
struct Fault {
    std::string code = "ServerFaultCode";
    std::string message;
    DataObject detail;

    bool is(std::string_view type) const; ///< by inheritance, e.g. is("HostConfigFault")
};

/// Result value (unset for void) or fault.
struct Reply {
    Value result;
    std::optional<Fault> fault;
};

struct CodecOptions {
    ApiVersion version = kNewestKnownVersion;
    /// Decode: reject unknown and out-of-order elements of types in the table, as vCenter 8 does.
    bool strict = false;
};

/// Fields are put in schema order. Errors (Errc::InvalidArgument): unknown field of a known type, a
/// required field missing, a type or field newer than options.version (Errc::Unsupported).
Result<std::string> encode_call(const Call& call, const CodecOptions& options);
Result<Call> decode_call(std::string_view body, const CodecOptions& options);

/// `result` Unset → empty response element; Array → repeated returnval. Fields newer than the
/// version are left out.
Result<std::string> encode_reply(std::string_view method, const MoRef& self, const Value& result,
                                 const CodecOptions& options);
std::string encode_fault(const Fault& fault, const CodecOptions& options);
Result<Reply> decode_reply(std::string_view body, const Call& call, const CodecOptions& options);
/// The same without copying the text.
Result<Reply> decode_reply_in_place(std::string body, const Call& call,
                                    const CodecOptions& options);
/// The `<Method>Response` element of an answer that is no fault, for readers that do without
/// values (bulk.hpp).
Result<xml::Element> response_element(const xml::Document& document, std::string_view method);

/// A single value as an XML fragment `<name …>…</name>` with its own namespace declarations, and
/// back (esxcli over SOAP, recordings). Unknown root type decodes generically.
Result<std::string> encode_fragment(std::string_view element, const Value& value,
                                    std::string_view declared_type, const CodecOptions& options);
Result<Value> decode_fragment(std::string_view xml, std::string_view declared_type,
                              const CodecOptions& options);

/// A fault object for faults[], TaskInfo.error and missingSet: LocalizedMethodFault{fault,
/// localizedMessage}.
DataObject localized_fault(const Fault& fault);
Fault fault_from_localized(const Value& localized_method_fault);

/// The list of (namespace, version, prior versions) of /sdk/vimServiceVersions.xml.
struct ServiceVersions {
    std::string current;
    std::vector<std::string> prior;
};
Result<ServiceVersions> parse_service_versions(std::string_view xml);
std::string format_service_versions(const ServiceVersions& versions);

} // namespace pf::vim
