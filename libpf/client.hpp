// A session with a PowerFlex management endpoint (4.x ingress or 3.x gateway).
//
// Synchronous. One Client may be used from several threads: the session is guarded, requests run in
// parallel. Every call ends within ClientOptions::request_timeout (twice that when a session had to
// be renewed) or when the stop token fires.
//
// Login: Auto tries the 4.x flow (POST /rest/auth/login, bearer token with refresh) and falls back
// to the legacy flow (GET /api/login) only where the first does not exist. Tokens are renewed ahead
// of their end and after a 401; the call is then repeated. A fresh token that is refused is
// AuthFailed.
//
// Errors: PowerFlex error codes become pf::Errc in libpf/error_codes.hpp, and nowhere else; the
// text always carries PowerFlex's own message and number. Unreachable, Untrusted, Timeout come from
// the transport. A change whose answer was lost is OutcomeUnknown and is never repeated here: the
// caller has to look (get_volume …).
#pragma once

#include "base/clock.hpp"
#include "base/net/http_client.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "libpf/model.hpp"
#include "libpf/operations.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace pf::powerflex {

enum class LoginFlow { Auto, Bearer, Legacy };

struct Credentials {
    std::string username;
    Secret password;
};

// Tokens for a later process (scli keeps them in a file of mode 0600). Holds no password.
struct SavedSession {
    std::string username;
    bool bearer = true;
    Secret access_token;
    Secret refresh_token; // empty for the legacy flow
    WallTime access_until{};
    WallTime refresh_until{};
};

// One exchange as seen by a tracer. Bodies of logins and all tokens are left out.
struct TraceEntry {
    std::string method;
    std::string path;
    std::string request_body;
    int status = 0; // 0: no answer
    std::string response_body;
    std::chrono::microseconds duration{};
};

struct ClientOptions {
    std::string endpoint; // https://host[:port]; a bare host means https
    net::TlsTrust trust;
    LoginFlow login_flow = LoginFlow::Auto;
    std::chrono::milliseconds request_timeout{30'000};
    std::function<void(const TraceEntry&)> trace; // called from the calling thread
};

// Whether a mapping call changed anything; being there already is success, told apart.
enum class MapOutcome { Mapped, AlreadyMapped };
enum class UnmapOutcome { Unmapped, WasNotMapped };

class Client {
  public:
    // Logs in and reads the version. AuthFailed: wrong user or password. Untrusted: the certificate
    // is neither signed by the given CA nor pinned. Unsupported: not a PowerFlex of 3.x or 4.x.
    [[nodiscard]] static Result<Client> connect(ClientOptions options, Credentials credentials,
                                                std::stop_token stop = {});

    // Goes on with the tokens of an earlier process. When they have ended, calls fail with
    // AuthFailed.
    [[nodiscard]] static Result<Client> resume(ClientOptions options, const SavedSession& saved,
                                               std::stop_token stop = {});

    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client(); // does not log out: that needs the network; call logout()

    [[nodiscard]] ApiVersion version() const;
    [[nodiscard]] const std::string& endpoint() const;
    // The tokens as they are now (they change when they are renewed); NotFound without a session.
    [[nodiscard]] Result<SavedSession> saved_session() const;
    // Ends the session at the server. Further calls log in again.
    [[nodiscard]] Result<void> logout();

    // ---- reading
    // --------------------------------------------------------------------------------- The one
    // system behind this endpoint; NotFound when there is none.
    [[nodiscard]] Result<System> system(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<ProtectionDomain>>
    protection_domains(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<StoragePool>> storage_pools(std::stop_token stop = {});
    [[nodiscard]] Result<StoragePoolCapacity> storage_pool_capacity(const StoragePoolId& id,
                                                                    std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Sds>> sdss(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Device>> devices(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Sdt>> sdts(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Sdc>> sdcs(std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<NvmeHost>> nvme_hosts(std::stop_token stop = {});
    // NotFound when no host has this NQN. NQNs are compared without regard to case, as PowerFlex's
    // clients do.
    [[nodiscard]] Result<NvmeHost> nvme_host_by_nqn(std::string_view nqn,
                                                    std::stop_token stop = {});
    [[nodiscard]] Result<NvmeHost> nvme_host_by_name(std::string_view name,
                                                     std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<NvmeController>> nvme_controllers(const HostId& host,
                                                                       std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Volume>> volumes(std::stop_token stop = {});
    [[nodiscard]] Result<Volume> volume(const VolumeId& id, std::stop_token stop = {});
    [[nodiscard]] Result<Volume> volume_by_name(std::string_view name, std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<Volume>> volumes_of_host(const HostId& host,
                                                              std::stop_token stop = {});
    // A name that is unique in the system, or "domain/pool"; a bare name in two domains is
    // Conflict.
    [[nodiscard]] Result<StoragePool> storage_pool_by_name(std::string_view name,
                                                           std::stop_token stop = {});
    [[nodiscard]] Result<std::vector<SystemLimit>> system_limits(std::stop_token stop = {});

    // ---- changing
    // --------------------------------------------------------------------------------- Each sends
    // prepare(op) as it is.
    [[nodiscard]] Result<HostId> create(const CreateNvmeHost& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const RenameHost& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const SetHostMaxPaths& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const SetHostMaxSystemPorts& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const RemoveHost& op, std::stop_token stop = {});
    [[nodiscard]] Result<MapOutcome> map(const MapVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<UnmapOutcome> unmap(const UnmapVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const SetMappingLimits& op, std::stop_token stop = {});
    [[nodiscard]] Result<VolumeId> create(const CreateVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const RenameVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const ResizeVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const RemoveVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<SnapshotResult> create(const CreateSnapshots& op,
                                                std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const OverwriteVolume& op, std::stop_token stop = {});
    [[nodiscard]] Result<void> apply(const RemoveSnapshotGroup& op, std::stop_token stop = {});

    // ---- anything else
    // ------------------------------------------------------------------------------ The raw
    // exchange with session handling and error mapping, for objects without a model here. Returns
    // the JSON text of the answer.
    [[nodiscard]] Result<std::string> get(const std::string& path, std::stop_token stop = {});
    [[nodiscard]] Result<std::string> post(const std::string& path, const std::string& json_body,
                                           std::stop_token stop = {});

  private:
    class Impl;
    explicit Client(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace pf::powerflex
