#include "libpf/client.hpp"

#include "base/json.hpp"
#include "base/net/url.hpp"
#include "libpf/error_codes.hpp"
#include "libpf/model_json.hpp"
#include "libpf/session.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace pf::powerflex {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto fold = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return fold(x) == fold(y); });
}

std::string instance(std::string_view type, std::string_view id) {
    return fmt::format("/api/instances/{}::{}", type, id);
}
std::string all_of(std::string_view type) { return fmt::format("/api/types/{}/instances", type); }

// An id goes into a path: nothing but an id may get there.
template<class Tag>
Result<void> check(const Id<Tag>& id, std::string_view kind) {
    if (!is_object_id(id.value)) {
        return fail(Errc::InvalidArgument, "'{}' is not a PowerFlex {} id (16 hex digits)",
                    id.value, kind);
    }
    return {};
}

bool code_is(const ApiErrorBody& body, MdmError a, MdmError b) {
    return body.error_code == static_cast<int>(a) || body.error_code == static_cast<int>(b);
}

} // namespace

class Client::Impl {
  public:
    Impl(ClientOptions options, Credentials credentials, std::string origin)
        : options_(std::move(options)), origin_(std::move(origin)),
          http_(options_.trust, http_options(options_)),
          session_(http_, origin_, std::move(credentials), options_.login_flow,
                   options_.request_timeout) {}

    struct Reply {
        int status = 0;
        std::string body;
        [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
    };

    // One exchange within the session; a refused token is replaced and the call repeated, which is
    // safe for changes too: a 401 says that nothing was done. A fresh token that is refused is the
    // end of it, unless somebody else ended or replaced it meanwhile (another thread's logout).
    Result<Reply> exchange(const std::string& method, const std::string& path,
                           const std::string& body, bool mutating, std::stop_token stop) {
        if (stop.stop_requested()) {
            return fail(Errc::Cancelled, "{} {}: cancelled before it was sent", method, path);
        }
        PF_TRY(Session::Authorization authorization, session_.authorization(stop));
        PF_TRY(Reply reply, send(method, path, body, authorization.header, mutating, stop));
        constexpr int kMostReplacements = 8;
        for (int replaced = 0; reply.status == 401 && replaced < kMostReplacements; ++replaced) {
            if (replaced > 0 && session_.is_current(authorization.serial)) {
                break;
            }
            PF_TRY(authorization, session_.replace(authorization.serial, stop));
            PF_TRY(reply, send(method, path, body, authorization.header, mutating, stop));
        }
        return reply;
    }

    Result<std::string> ask(const std::string& method, const std::string& path,
                            const std::string& body, std::string_view what, bool mutating,
                            std::stop_token stop) {
        PF_TRY(Reply reply, exchange(method, path, body, mutating, stop));
        if (!reply.ok()) {
            return fail(to_error(parse_error_body(reply.status, reply.body), what, mutating));
        }
        return std::move(reply.body);
    }

    Result<std::string> get(const std::string& path, std::stop_token stop) {
        return ask("GET", path, {}, "GET " + path, false, std::move(stop));
    }
    // A query that PowerFlex spells as POST.
    Result<std::string> query(const std::string& path, const std::string& body,
                              std::stop_token stop) {
        return ask("POST", path, body, "POST " + path, false, std::move(stop));
    }
    Result<std::string> change(const Result<RequestPreview>& preview, std::stop_token stop) {
        if (!preview) {
            return fail(preview.error());
        }
        return ask(preview->method, preview->path, preview->body, preview->summary, true,
                   std::move(stop));
    }

    template<class T>
    Result<std::vector<T>> list(const std::string& path, std::stop_token stop) {
        PF_TRY(const std::string text, get(path, std::move(stop)));
        return decode_list<T>(text);
    }

    Result<std::string> id_by_key(std::string_view type, const json::object& key,
                                  std::string_view what, std::stop_token stop) {
        const std::string path = fmt::format("/api/types/{}/instances/action/queryIdByKey", type);
        PF_TRY(const std::string text, ask("POST", path, json::serialize(key), what, false, stop));
        PF_TRY(std::string id, decode_string(text));
        if (id.empty()) {
            return fail(Errc::NotFound, "{}: Not found", what);
        }
        return id;
    }

    Result<void> read_version(std::stop_token stop) {
        PF_TRY(const std::string text, get("/api/version", std::move(stop)));
        PF_TRY(version, decode_version(text));
        if (version.major < 3 || version.major > 4) {
            return fail(Errc::Unsupported, "{} reports PowerFlex {}.{}; supported are 3.x and 4.x",
                        origin_, version.major, version.minor);
        }
        return {};
    }

    Session& session() { return session_; }
    [[nodiscard]] const std::string& origin() const { return origin_; }
    ApiVersion version;

  private:
    static net::HttpClientOptions http_options(const ClientOptions& options) {
        net::HttpClientOptions out;
        out.request_timeout = options.request_timeout;
        out.connect_timeout = std::min<Duration>(options.request_timeout, out.connect_timeout);
        return out;
    }

    Result<Reply> send(const std::string& method, const std::string& path, const std::string& body,
                       const std::string& authorization, bool mutating, std::stop_token stop) {
        net::HttpRequest request;
        request.method = method;
        request.url = origin_ + path;
        request.headers = {{"Authorization", authorization}, {"Accept", "application/json"}};
        if (method != "GET") {
            request.headers.add("Content-Type", "application/json");
            request.body = body;
        }
        request.timeout = options_.request_timeout;
        const MonoTime begin = mono_now();
        auto sent = http_.send(request, std::move(stop));
        if (options_.trace) {
            TraceEntry entry;
            entry.method = method;
            entry.path = path;
            entry.request_body = body;
            entry.status = sent ? static_cast<int>(sent->status) : 0;
            entry.response_body = sent ? sent->body : sent.error().what;
            entry.duration =
                std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - begin);
            options_.trace(entry);
        }
        if (!sent) {
            Error error = std::move(sent).error();
            // The transport judges by the method; PowerFlex also queries by POST.
            if (mutating && error.code == Errc::Cancelled) {
                error.code = Errc::OutcomeUnknown;
            } else if (!mutating && error.code == Errc::OutcomeUnknown) {
                error.code = Errc::Timeout;
            }
            return fail_while(std::move(error), "{} {}", method, path);
        }
        return Reply{static_cast<int>(sent->status), std::move(sent->body)};
    }

    const ClientOptions options_;
    const std::string origin_;
    net::HttpClient http_;
    Session session_;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(ClientOptions options, Credentials credentials,
                               std::stop_token stop) {
    PF_TRY(const net::Url url, net::parse_url(options.endpoint));
    if (url.scheme != "https" && url.scheme != "http") {
        return fail(Errc::InvalidArgument, "'{}' is not an HTTPS address", options.endpoint);
    }
    if (credentials.username.empty() || credentials.username.find(':') != std::string::npos) {
        return fail(Errc::InvalidArgument, "'{}' is not a PowerFlex user name",
                    credentials.username);
    }
    auto impl = std::make_unique<Impl>(std::move(options), std::move(credentials), url.origin());
    PF_CHECK(impl->read_version(stop));
    return Client(std::move(impl));
}

Result<Client> Client::resume(ClientOptions options, const SavedSession& saved,
                              std::stop_token stop) {
    PF_TRY(const net::Url url, net::parse_url(options.endpoint));
    auto impl = std::make_unique<Impl>(std::move(options), Credentials{saved.username, Secret()},
                                       url.origin());
    impl->session().resume(saved);
    PF_CHECK(impl->read_version(stop));
    return Client(std::move(impl));
}

Result<SavedSession> Client::saved_session() const { return impl_->session().saved(); }

ApiVersion Client::version() const { return impl_->version; }
const std::string& Client::endpoint() const { return impl_->origin(); }
Result<void> Client::logout() { return impl_->session().logout(); }

// ---- reading
// -----------------------------------------------------------------------------------------

Result<System> Client::system(std::stop_token stop) {
    PF_TRY(std::vector<System> all, impl_->list<System>(all_of("System"), stop));
    if (all.empty()) {
        return fail(Errc::NotFound, "{} manages no PowerFlex system", endpoint());
    }
    return std::move(all.front());
}

Result<std::vector<ProtectionDomain>> Client::protection_domains(std::stop_token stop) {
    return impl_->list<ProtectionDomain>(all_of("ProtectionDomain"), stop);
}
Result<std::vector<StoragePool>> Client::storage_pools(std::stop_token stop) {
    return impl_->list<StoragePool>(all_of("StoragePool"), stop);
}
Result<StoragePoolCapacity> Client::storage_pool_capacity(const StoragePoolId& id,
                                                          std::stop_token stop) {
    PF_CHECK(check(id, "storage pool"));
    PF_TRY(const std::string text,
           impl_->get(instance("StoragePool", id.value) + "/relationships/Statistics", stop));
    return decode_pool_capacity(text);
}
Result<std::vector<Sds>> Client::sdss(std::stop_token stop) {
    return impl_->list<Sds>(all_of("Sds"), stop);
}
Result<std::vector<Device>> Client::devices(std::stop_token stop) {
    return impl_->list<Device>(all_of("Device"), stop);
}
Result<std::vector<Sdt>> Client::sdts(std::stop_token stop) {
    return impl_->list<Sdt>(all_of("Sdt"), stop);
}

Result<std::vector<Sdc>> Client::sdcs(std::stop_token stop) {
    PF_TRY(std::vector<AnyHost> all, impl_->list<AnyHost>(all_of("Sdc"), stop));
    std::vector<Sdc> out;
    for (AnyHost& host : all) {
        if (host.kind == HostKind::Sdc) {
            out.push_back(std::move(host.sdc));
        }
    }
    return out;
}

Result<std::vector<NvmeHost>> Client::nvme_hosts(std::stop_token stop) {
    PF_TRY(std::vector<AnyHost> all, impl_->list<AnyHost>(all_of("Host"), stop));
    std::vector<NvmeHost> out;
    for (AnyHost& host : all) {
        if (host.kind == HostKind::Nvme || !host.nvme.nqn.empty()) {
            out.push_back(std::move(host.nvme));
        }
    }
    return out;
}

Result<NvmeHost> Client::nvme_host_by_nqn(std::string_view nqn, std::stop_token stop) {
    PF_TRY(std::vector<NvmeHost> all, nvme_hosts(stop));
    for (NvmeHost& host : all) {
        if (equal_ignoring_case(host.nqn, nqn)) {
            return std::move(host);
        }
    }
    return fail(Errc::NotFound, "PowerFlex knows no NVMe host with NQN {}", nqn);
}

Result<NvmeHost> Client::nvme_host_by_name(std::string_view name, std::stop_token stop) {
    PF_TRY(std::vector<NvmeHost> all, nvme_hosts(stop));
    for (NvmeHost& host : all) {
        if (host.name == name || (host.name.empty() && host.display_name() == name)) {
            return std::move(host);
        }
    }
    return fail(Errc::NotFound, "PowerFlex knows no NVMe host named {}", name);
}

Result<std::vector<NvmeController>> Client::nvme_controllers(const HostId& host,
                                                             std::stop_token stop) {
    PF_CHECK(check(host, "host"));
    return impl_->list<NvmeController>(
        instance("Host", host.value) + "/relationships/NvmeController", stop);
}

Result<std::vector<Volume>> Client::volumes(std::stop_token stop) {
    return impl_->list<Volume>(all_of("Volume"), stop);
}

Result<Volume> Client::volume(const VolumeId& id, std::stop_token stop) {
    PF_CHECK(check(id, "volume"));
    PF_TRY(const std::string text,
           impl_->ask("GET", instance("Volume", id.value), {}, "volume " + id.value, false, stop));
    return decode<Volume>(text);
}

Result<Volume> Client::volume_by_name(std::string_view name, std::stop_token stop) {
    PF_TRY(std::string id, impl_->id_by_key("Volume", {{"name", std::string(name)}},
                                            fmt::format("volume {}", name), stop));
    return volume(VolumeId(std::move(id)), stop);
}

Result<std::vector<Volume>> Client::volumes_of_host(const HostId& host, std::stop_token stop) {
    PF_CHECK(check(host, "host"));
    return impl_->list<Volume>(instance("Sdc", host.value) + "/relationships/Volume", stop);
}

Result<StoragePool> Client::storage_pool_by_name(std::string_view name, std::stop_token stop) {
    std::string_view pool_name = name;
    ProtectionDomainId domain;
    if (const auto slash = name.find('/'); slash != std::string_view::npos) {
        const std::string_view domain_name = name.substr(0, slash);
        pool_name = name.substr(slash + 1);
        PF_TRY(const std::vector<ProtectionDomain> domains, protection_domains(stop));
        for (const ProtectionDomain& candidate : domains) {
            if (candidate.name == domain_name) {
                domain = candidate.id;
            }
        }
        if (domain.empty()) {
            return fail(Errc::NotFound, "PowerFlex knows no protection domain named {}",
                        domain_name);
        }
    }
    PF_TRY(std::vector<StoragePool> pools, storage_pools(stop));
    std::erase_if(pools, [&](const StoragePool& pool) {
        return pool.name != pool_name || (!domain.empty() && pool.protection_domain != domain);
    });
    if (pools.empty()) {
        return fail(Errc::NotFound, "PowerFlex knows no storage pool named {}", name);
    }
    if (pools.size() > 1) {
        return fail(Errc::Conflict,
                    "{} protection domains have a storage pool named {}: write domain/pool",
                    pools.size(), name);
    }
    return std::move(pools.front());
}

Result<std::vector<SystemLimit>> Client::system_limits(std::stop_token stop) {
    PF_TRY(const std::string text,
           impl_->query("/api/instances/System/action/querySystemLimits", "{}", stop));
    return decode_limits(text);
}

// ---- changing
// ----------------------------------------------------------------------------------------

Result<HostId> Client::create(const CreateNvmeHost& op, std::stop_token stop) {
    PF_TRY(const std::string text, impl_->change(prepare(op), stop));
    PF_TRY(std::string id, decode_created_id(text));
    return HostId(std::move(id));
}

Result<VolumeId> Client::create(const CreateVolume& op, std::stop_token stop) {
    PF_TRY(const std::string text, impl_->change(prepare(op), stop));
    PF_TRY(std::string id, decode_created_id(text));
    return VolumeId(std::move(id));
}

Result<SnapshotResult> Client::create(const CreateSnapshots& op, std::stop_token stop) {
    PF_TRY(const std::string text, impl_->change(prepare(op), stop));
    PF_TRY(SnapshotResult result, decode_snapshot_result(text));
    if (result.snapshots.size() != op.items.size()) {
        return fail(Errc::Protocol, "PowerFlex made {} snapshots of {} volumes",
                    result.snapshots.size(), op.items.size());
    }
    return result;
}

Result<MapOutcome> Client::map(const MapVolume& op, std::stop_token stop) {
    PF_TRY(const RequestPreview preview, prepare(op));
    PF_TRY(const Impl::Reply reply,
           impl_->exchange(preview.method, preview.path, preview.body, true, stop));
    if (reply.ok()) {
        return MapOutcome::Mapped;
    }
    const ApiErrorBody body = parse_error_body(reply.status, reply.body);
    if (code_is(body, MdmError::VolumeAlreadyMappedToHost, MdmError::VolumeAlreadyMappedToSdc)) {
        return MapOutcome::AlreadyMapped;
    }
    return fail(to_error(body, preview.summary, true));
}

Result<UnmapOutcome> Client::unmap(const UnmapVolume& op, std::stop_token stop) {
    PF_TRY(const RequestPreview preview, prepare(op));
    PF_TRY(const Impl::Reply reply,
           impl_->exchange(preview.method, preview.path, preview.body, true, stop));
    if (reply.ok()) {
        return UnmapOutcome::Unmapped;
    }
    const ApiErrorBody body = parse_error_body(reply.status, reply.body);
    if (code_is(body, MdmError::MappingNotFound, MdmError::VolumeNotMappedToSdc)) {
        return UnmapOutcome::WasNotMapped;
    }
    return fail(to_error(body, preview.summary, true));
}

#define PF_APPLY(Operation)                                                                        \
    Result<void> Client::apply(const Operation& op, std::stop_token stop) {                        \
        PF_CHECK(impl_->change(prepare(op), stop));                                                \
        return {};                                                                                 \
    }
PF_APPLY(RenameHost)
PF_APPLY(SetHostMaxPaths)
PF_APPLY(SetHostMaxSystemPorts)
PF_APPLY(RemoveHost)
PF_APPLY(SetMappingLimits)
PF_APPLY(RenameVolume)
PF_APPLY(ResizeVolume)
PF_APPLY(RemoveVolume)
PF_APPLY(OverwriteVolume)
PF_APPLY(RemoveSnapshotGroup)
#undef PF_APPLY

// ---- anything else
// -----------------------------------------------------------------------------------

Result<std::string> Client::get(const std::string& path, std::stop_token stop) {
    return impl_->get(path, stop);
}
Result<std::string> Client::post(const std::string& path, const std::string& json_body,
                                 std::stop_token stop) {
    return impl_->ask("POST", path, json_body, "POST " + path, true, stop);
}

} // namespace pf::powerflex
