#include "libvsphere/wire/fault.hpp"

#include "libvsphere/wire/schema.hpp"

#include <array>

namespace pf::vim {

namespace {

struct Rule {
    std::string_view type; ///< this fault and what derives from it; the first match counts
    Errc code;
    std::string_view fix;
};

// Derived types stand before their bases.
constexpr std::array kRules = {
    Rule{"NotAuthenticated", Errc::AuthFailed, "the session has expired, log in again"},
    Rule{"NoPermission", Errc::PermissionDenied, "give this user the missing privilege"},
    Rule{"RestrictedVersion", Errc::PermissionDenied,
         "the host's licence does not allow changes through the API"},
    Rule{"SecurityError", Errc::PermissionDenied, ""},
    Rule{"PasswordExpired", Errc::AuthFailed, "set a new password"},
    Rule{"InvalidLogin", Errc::AuthFailed,
         "check user name and password; repeated failures lock the account"},
    Rule{"NoClientCertificate", Errc::AuthFailed, ""},
    Rule{"ManagedObjectNotFound", Errc::NotFound, "it was removed meanwhile, read the inventory"},
    Rule{"MethodNotFound", Errc::Unsupported, "this server version does not have the call"},
    Rule{"MethodDisabled", Errc::Busy, "another operation or solution has disabled the call"},
    Rule{"InvalidType", Errc::Unsupported, "this server version does not know the type"},
    Rule{"InvalidRequest", Errc::Protocol, ""},
    Rule{"InvalidArgument", Errc::InvalidArgument, ""},
    Rule{"InvalidProperty", Errc::Unsupported, "this server version does not have the property"},
    Rule{"InvalidCollectorVersion", Errc::Retry, ""},
    Rule{"NotSupported", Errc::Unsupported, ""},
    Rule{"NotImplemented", Errc::Unsupported, ""},
    Rule{"RequestCanceled", Errc::Cancelled, ""},
    Rule{"HostNotConnected", Errc::Unreachable, "reconnect the host in vCenter"},
    Rule{"HostNotReachable", Errc::Unreachable, "check the host's management network"},
    Rule{"HostCommunication", Errc::Unreachable, "check the host's management network"},
    Rule{"NotEnoughLicenses", Errc::PermissionDenied, "assign a licence that covers it"},
    Rule{"VmfsAlreadyMounted", Errc::AlreadyExists, ""},
    Rule{"VmfsAmbiguousMount", Errc::Conflict,
         "several copies of an extent are visible, unmap all but one"},
    Rule{"HostConfigFault", Errc::Fault, "see the host's vmkernel.log"},
    Rule{"ResourceInUse", Errc::Busy, "find and stop what uses it"},
    Rule{"ResourceNotAvailable", Errc::Busy, ""},
    Rule{"InvalidPowerState", Errc::Conflict, "wait until the VM is in the required power state"},
    Rule{"InvalidHostState", Errc::Conflict, ""},
    Rule{"InvalidState", Errc::Conflict, ""},
    Rule{"ToolsUnavailable", Errc::NotReady, "VMware Tools do not run in the guest"},
    Rule{"TaskInProgress", Errc::Busy, "another task is working on it, wait for its end"},
    Rule{"Timedout", Errc::Timeout, "read the state again before repeating it"},
    Rule{"ConcurrentAccess", Errc::Retry, ""},
    Rule{"DuplicateName", Errc::AlreadyExists, "choose another name or remove the other object"},
    Rule{"AlreadyExists", Errc::AlreadyExists, ""},
    Rule{"NotFound", Errc::NotFound, ""},
    Rule{"InvalidName", Errc::InvalidArgument, ""},
    Rule{"OutOfBounds", Errc::InvalidArgument, ""},
    Rule{"InvalidFolder", Errc::InvalidArgument, ""},
    Rule{"NoDiskSpace", Errc::NoSpace, "free space on the datastore"},
    Rule{"InsufficientStorageSpace", Errc::NoSpace, "free space on the datastore"},
    Rule{"FileNotFound", Errc::NotFound, ""},
    Rule{"FileAlreadyExists", Errc::AlreadyExists, ""},
    Rule{"FileLocked", Errc::Busy, "another host or process holds the file"},
    Rule{"InaccessibleDatastore", Errc::Unreachable, "the datastore is not accessible"},
    Rule{"InvalidDatastore", Errc::NotFound, ""},
    Rule{"LimitExceeded", Errc::LimitExceeded, ""},
    Rule{"InsufficientResourcesFault", Errc::NoSpace, ""},
    Rule{"StorageVMotionNotSupported", Errc::Unsupported, ""},
    Rule{"EsxCLICLIFault", Errc::Fault, ""},
};

/// The fault's own facts, as words: which property, which name, which privilege.
std::string facts(const DataObject& detail) {
    std::string out;
    auto add = [&](std::string_view label, const std::string& text) {
        if (text.empty())
            return;
        out += out.empty() ? "" : ", ";
        out += fmt::format("{} {}", label, text);
    };
    add("property", detail["invalidProperty"].text_or());
    add("property", detail["property"].text_or());
    add("privilege", detail["privilegeId"].text_or());
    if (!detail["missingPrivileges"].is_set() && detail.type == "NoPermission") {
        if (const MoRef* on = detail["object"].as_ref())
            add("on", on->str());
    }
    for (const Value& missing : detail["missingPrivileges"].items()) {
        for (const std::string& privilege : missing["privilegeIds"].texts())
            add("privilege", privilege);
    }
    add("in use by", detail["type"].text_or());
    add("name", detail["name"].text_or());
    add("file", detail["file"].text_or());
    add("datastore", detail["datastore"].text_or());
    add("reason", detail["reason"].text_or());
    add("", detail["text"].text_or());
    if (detail.type == "InvalidPowerState" || detail["existingState"].is_set()) {
        add("is", detail["existingState"].text_or());
        add("must be", detail["requestedState"].text_or());
    }
    if (const MoRef* gone = detail["obj"].as_ref())
        add("object", gone->str());
    if (const MoRef* task = detail["task"].as_ref())
        add("task", task->str());
    return out;
}

/// The vmkernel's own words, which the outer message often hides, and the causes below.
std::string inner_messages(const DataObject& detail, std::string_view already) {
    std::string out;
    auto add = [&](const std::string& text) {
        if (text.empty() || already.find(text) != std::string_view::npos ||
            out.find(text) != std::string::npos)
            return;
        out += out.empty() ? "" : " / ";
        out += text;
    };
    for (const Value& message : detail["faultMessage"].items())
        add(message["message"].text_or());
    for (const std::string& line : detail["errMsg"].texts())
        add(line);
    for (const Value& failure : detail["failure"].items())
        add(failure["localizedMessage"].text_or());
    const Value* cause = &detail["faultCause"];
    for (int depth = 0; cause->is_set() && depth < 5; ++depth) {
        add((*cause)["localizedMessage"].text_or());
        cause = &(*cause)["fault"]["faultCause"];
    }
    return out;
}

} // namespace

Error to_error(const Fault& fault, std::string_view object) {
    const Schema& schema = Schema::get();
    Error error{Errc::Fault, {}};
    std::string_view fix;
    for (const Rule& rule : kRules) {
        if (schema.is_a(fault.detail.type, rule.type)) {
            error.code = rule.code;
            fix = rule.fix;
            break;
        }
    }
    std::string cause = fault.message;
    while (!cause.empty() && (cause.back() == '.' || cause.back() == ' ' || cause.back() == '\n'))
        cause.pop_back();
    if (std::string inner = inner_messages(fault.detail, cause); !inner.empty())
        cause += (cause.empty() ? "" : ": ") + inner;
    if (cause.empty())
        cause = fault.detail.type.empty() ? "the server reported a fault" : fault.detail.type;
    if (std::string more = facts(fault.detail); !more.empty())
        cause += " (" + more + ")";
    error.what = object.empty() ? cause : fmt::format("{}: {}", object, cause);
    if (!fix.empty())
        error.what += fmt::format("; {}", fix);
    if (!fault.detail.type.empty())
        error.what += fmt::format(" [vim:{}]", fault.detail.type);
    return error;
}

std::string_view fault_type(const Error& error) {
    constexpr std::string_view tag = " [vim:";
    std::string_view what = error.what;
    if (what.empty() || what.back() != ']')
        return {};
    size_t at = what.rfind(tag);
    if (at == std::string_view::npos)
        return {};
    return what.substr(at + tag.size(), what.size() - at - tag.size() - 1);
}

bool is_fault(const Error& error, std::string_view type) {
    std::string_view actual = fault_type(error);
    return !actual.empty() && Schema::get().is_a(actual, type);
}

} // namespace pf::vim
