#pragma once
// A logged-in vim25 session with a vCenter or a single ESXi host.
//
// connect() fetches /sdk/vimServiceVersions.xml, binds the newest API version that both sides know,
// reads the service content and logs in. call() sends one method and waits for the answer; a
// session that expired in between is renewed once, and the call is repeated only when the server
// answered NotAuthenticated (so it did not run). Thread-safe: calls may run concurrently. The
// destructor logs out (bounded by logout_timeout); copying is not possible.
//
// Failure modes: AuthFailed (bad credentials; never retried, ESXi locks accounts), Untrusted
// (certificate), Unreachable, Timeout / OutcomeUnknown (request was sent and no answer came: read
// the state again before acting), Fault codes by fault.hpp. A version below
// SessionOptions::min_version is Unsupported.

#include "base/result.hpp"
#include "libvsphere/wire/fault.hpp"
#include "libvsphere/wire/soap.hpp"
#include "libvsphere/wire/value.hpp"
#include "libvsphere/wire/version.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace pf {
class Secret;
namespace net {
struct TlsTrust;
}
} // namespace pf

namespace pf::vim {

struct AboutInfo {
    std::string name, full_name, version, build, api_type, api_version, product_line, instance_uuid;
    bool is_vcenter() const { return api_type == "VirtualCenter"; }
};

/// References of the service content; empty where the server has none (an ESXi has no provisioning
/// checker).
struct ServiceContent {
    AboutInfo about;
    MoRef root_folder, property_collector, view_manager, session_manager, task_manager,
        search_index, file_manager, virtual_disk_manager, event_manager, perf_manager,
        authorization_manager, provisioning_checker, compatibility_checker,
        storage_resource_manager, custom_fields_manager, extension_manager, alarm_manager, setting;
    Value raw; ///< the whole ServiceContent object
};

class Automation;

/// One finished call, for traces and journals. Never holds credentials: Login's password is
/// blanked.
struct CallTrace {
    std::string operation_id, method, receiver, error;
    int64_t started_us = 0;
    std::chrono::microseconds duration{};
    size_t request_bytes = 0, response_bytes = 0;
};

struct SessionOptions {
    std::chrono::milliseconds call_timeout{std::chrono::seconds(60)};
    /// One page of a bulk read: a busy vCenter takes its time.
    std::chrono::milliseconds bulk_timeout{std::chrono::seconds(300)};
    /// Synchronous calls to a host (rescan, mount, connect) block for the whole operation.
    std::chrono::milliseconds storage_timeout{std::chrono::seconds(600)};
    std::chrono::milliseconds logout_timeout{std::chrono::seconds(5)};
    /// After the answer to a change on a host was lost: how long, and how often, its state is read
    /// back before the outcome counts as unknown.
    std::chrono::milliseconds settle_timeout{std::chrono::seconds(15)};
    std::chrono::milliseconds settle_poll{std::chrono::seconds(1)};
    ApiVersion min_version = kNvmeTcpVersion;
    ApiVersion max_version = kNewestKnownVersion;
    std::string locale = "en_US";
    std::string operation_prefix = "pfnvme"; ///< opID in hostd/vpxd logs: <prefix>-<n>
    std::string user_agent = "pfnvme";
    std::string proxy;
    int page_size = 200; ///< maxObjects of RetrievePropertiesEx
    /// A session that was idle for so long is kept from expiring by a small read; 0: never.
    std::chrono::milliseconds keep_alive{std::chrono::minutes(10)};
    std::stop_token stop; ///< aborts calls in flight with Cancelled (logout still happens)
    std::function<void(const CallTrace&)> trace;
};

struct CallOptions {
    std::chrono::milliseconds timeout{0}; ///< 0: by kind of call
    std::stop_token stop;                 ///< in addition to the session's
    std::string object;        ///< names what is acted on, for error texts; default: the receiver
    bool despite_stop = false; ///< goes out although the session is being stopped (cancel, cleanup)
};

class Session {
  public:
    /// `url`: "https://vc.example", with or without "/sdk"; a bare host name gets https.
    static Result<std::unique_ptr<Session>> connect(const std::string& url,
                                                    const net::TlsTrust& trust,
                                                    const std::string& user, const Secret& password,
                                                    SessionOptions options = {});
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const ServiceContent& content() const;
    const AboutInfo& about() const { return content().about; }
    bool is_vcenter() const { return about().is_vcenter(); }
    ApiVersion version() const;
    const SessionOptions& options() const;
    const std::string& endpoint() const; ///< "https://vc.example/sdk"
    const std::string& user() const;

    /// One vim25 call. Unset arguments are left out. A fault comes back as Error (fault.hpp).
    Result<Value> call(const MoRef& self, std::string_view method, std::vector<Field> args = {},
                       const CallOptions& options = {});
    /// As call(), but a fault is a value: for callers that look into fault fields.
    Result<Reply> call_raw(const MoRef& self, std::string_view method, std::vector<Field> args = {},
                           const CallOptions& options = {});

    /// As call(), but the answer's text as it came, for readers that need no values (bulk.hpp).
    Result<std::string> call_text(const MoRef& self, std::string_view method,
                                  std::vector<Field> args = {}, const CallOptions& options = {});

    /// vCenter's Automation API with this session's user; logs in by its first call. Owned by the
    /// session, ends with it. Unsupported on a single ESXi.
    Result<Automation*> automation();

    /// How often this session has logged in. Views, filters and paging tokens belong to one login.
    uint64_t login_count() const;
    /// Reads SessionManager.currentSession: true while the login is alive. Also keeps it from
    /// idling out.
    Result<bool> is_alive();
    /// Logs in again with the same credentials (after expiry or a server restart).
    Result<void> renew();
    /// Idempotent; afterwards calls fail with AuthFailed.
    Result<void> logout();

  private:
    struct Impl;
    explicit Session(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::vim
