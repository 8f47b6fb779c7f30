#include "backend/mdm/core/state.hpp"

#include "backend/map/records.hpp"
#include "base/assert.hpp"
#include "base/secret.hpp"

#include <algorithm>
#include <charconv>

namespace pf::mdm {
namespace {

constexpr std::string_view kRoot = "/v1/";

template<class Record>
using Table = std::map<std::uint64_t, Record>;

std::string key_of(std::string_view kind, std::uint64_t id) {
    return fmt::format("{}{}/{:016x}", kRoot, kind, id);
}
std::string page_key(std::uint64_t pool, std::uint32_t page) {
    return fmt::format("{}comb/{:016x}/{:04x}", kRoot, pool, page);
}

template<class Record>
Result<void> load_table(meta::MetaStore& store, std::string_view kind, Table<Record>& table) {
    PF_TRY(auto rows, store.range(fmt::format("{}{}/", kRoot, kind)));
    for (const auto& row : rows) {
        Record record;
        if (!record.ParseFromString(row.value))
            return fail(Errc::Corrupt, "metadata record {} does not parse", row.key);
        table.emplace(record.id(), std::move(record));
    }
    return {};
}

template<class Record>
void write_table(std::string_view kind, const Table<Record>& table,
                 const std::set<std::uint64_t>& changed, meta::Txn& txn) {
    for (auto id : changed) {
        auto found = table.find(id);
        if (found == table.end())
            txn.erase(key_of(kind, id));
        else
            txn.put(key_of(kind, id), found->second.SerializeAsString());
    }
}

// The secrets of a host in the order of their fields: in clear, sealed.
struct SecretField {
    const char* name;
    const std::string& (wire::HostRecord::*clear)() const;
    std::string* (wire::HostRecord::*clear_mutable)();
    const std::string& (wire::HostRecord::*sealed)() const;
    std::string* (wire::HostRecord::*sealed_mutable)();
};
constexpr SecretField kSecrets[] = {
    {"dhchap", &wire::HostRecord::dhchap_secret, &wire::HostRecord::mutable_dhchap_secret,
     &wire::HostRecord::sealed_dhchap_secret, &wire::HostRecord::mutable_sealed_dhchap_secret},
    {"dhchap-controller", &wire::HostRecord::dhchap_ctrl_secret,
     &wire::HostRecord::mutable_dhchap_ctrl_secret, &wire::HostRecord::sealed_dhchap_ctrl_secret,
     &wire::HostRecord::mutable_sealed_dhchap_ctrl_secret},
    {"tls", &wire::HostRecord::tls_psk, &wire::HostRecord::mutable_tls_psk,
     &wire::HostRecord::sealed_tls_psk, &wire::HostRecord::mutable_sealed_tls_psk},
};

std::string owner_of(const wire::HostRecord& host, const SecretField& field) {
    return fmt::format("host {:016x} {}", host.id(), field.name);
}

bool has_secrets(const wire::HostRecord& host) {
    return std::any_of(std::begin(kSecrets), std::end(kSecrets),
                       [&](const SecretField& field) { return !(host.*field.clear)().empty(); });
}

Result<void> open_secrets(wire::HostRecord& host, const Sealer* sealer) {
    for (const SecretField& field : kSecrets) {
        const std::string& closed = (host.*field.sealed)();
        if (closed.empty())
            continue;
        if (sealer == nullptr)
            return fail(Errc::Corrupt, "host {:016x} has sealed secrets and there is no key",
                        host.id());
        PF_TRY(*(host.*field.clear_mutable)(), sealer->open(owner_of(host, field), closed));
        (host.*field.sealed_mutable)()->clear();
    }
    return {};
}

wire::HostRecord sealed(const wire::HostRecord& host, const Sealer* sealer) {
    wire::HostRecord out = host;
    for (const SecretField& field : kSecrets) {
        std::string& clear = *(out.*field.clear_mutable)();
        if (clear.empty())
            continue;
        PF_ASSERT(sealer != nullptr, "a secret is never stored in clear");
        *(out.*field.sealed_mutable)() = sealer->seal(owner_of(host, field), clear);
        wipe(clear);
    }
    return out;
}

} // namespace

bool Changes::any() const {
    return system || !domains.empty() || !fault_sets.empty() || !pools.empty() || !sds.empty() ||
           !devices.empty() || !vtrees.empty() || !volumes.empty() || !sdcs.empty() ||
           !hosts.empty() || !sdts.empty() || !intents.empty() || !nodes.empty() || !combs.empty();
}

bool Changes::map_relevant() const {
    return !pools.empty() || !sds.empty() || !devices.empty() || !volumes.empty() ||
           !hosts.empty() || !sdts.empty() || !nodes.empty() || !combs.empty();
}

Result<State> State::load(meta::MetaStore& store, std::shared_ptr<const Sealer> sealer) {
    State state;
    state.sealer = std::move(sealer);
    PF_TRY(auto system, store.get(fmt::format("{}system", kRoot)));
    if (!system)
        return fail(Errc::NotReady, "the metadata store holds no system yet");
    if (!state.system.ParseFromString(system->value))
        return fail(Errc::Corrupt, "metadata record {} does not parse", system->key);
    PF_TRY(auto epoch, store.get(fmt::format("{}epoch", kRoot)));
    if (epoch) {
        const auto& text = epoch->value;
        std::from_chars(text.data(), text.data() + text.size(), state.epoch);
    }
    PF_CHECK(load_table(store, "domain", state.domains));
    PF_CHECK(load_table(store, "faultset", state.fault_sets));
    PF_CHECK(load_table(store, "pool", state.pools));
    PF_CHECK(load_table(store, "sds", state.sds));
    PF_CHECK(load_table(store, "device", state.devices));
    PF_CHECK(load_table(store, "vtree", state.vtrees));
    PF_CHECK(load_table(store, "volume", state.volumes));
    PF_CHECK(load_table(store, "sdc", state.sdcs));
    PF_CHECK(load_table(store, "host", state.hosts));
    for (auto& [id, host] : state.hosts) {
        if (has_secrets(host))
            state.unsealed.hosts.insert(id);
        PF_CHECK(open_secrets(host, state.sealer.get()));
    }
    PF_CHECK(load_table(store, "sdt", state.sdts));
    PF_CHECK(load_table(store, "intent", state.intents));
    Table<wire::NodeRecord> nodes;
    PF_CHECK(load_table(store, "node", nodes));
    for (const auto& [id, record] : nodes)
        state.nodes.emplace(map::NodeId{id}, from_record(record));
    PF_TRY(auto pages, store.range(fmt::format("{}comb/", kRoot)));
    for (const auto& row : pages) {
        wire::CombPage page;
        if (!page.ParseFromString(row.value))
            return fail(Errc::Corrupt, "metadata record {} does not parse", row.key);
        for (const auto& record : page.combs())
            state.combs.emplace(map::CombId{record.id()}, from_record(record));
    }
    return state;
}

void State::write(const Changes& changes, meta::Txn& txn) const {
    if (changes.system)
        txn.put(fmt::format("{}system", kRoot), system.SerializeAsString());
    if (changes.map_relevant())
        txn.put(fmt::format("{}epoch", kRoot), fmt::format("{}", epoch));
    write_table("domain", domains, changes.domains, txn);
    write_table("faultset", fault_sets, changes.fault_sets, txn);
    write_table("pool", pools, changes.pools, txn);
    write_table("sds", sds, changes.sds, txn);
    write_table("device", devices, changes.devices, txn);
    write_table("vtree", vtrees, changes.vtrees, txn);
    write_table("volume", volumes, changes.volumes, txn);
    write_table("sdc", sdcs, changes.sdcs, txn);
    for (auto id : changes.hosts) {
        auto found = hosts.find(id);
        if (found == hosts.end())
            txn.erase(key_of("host", id));
        else
            txn.put(key_of("host", id), sealed(found->second, sealer.get()).SerializeAsString());
    }
    write_table("sdt", sdts, changes.sdts, txn);
    write_table("intent", intents, changes.intents, txn);
    for (auto id : changes.nodes) {
        auto found = nodes.find(id);
        if (found == nodes.end())
            txn.erase(key_of("node", id.value));
        else
            txn.put(key_of("node", id.value), to_record(found->second).SerializeAsString());
    }
    for (auto pool : changes.pools)
        if (!pools.contains(pool))
            txn.erase_prefix(fmt::format("{}comb/{:016x}/", kRoot, pool));
    std::set<std::pair<std::uint64_t, std::uint32_t>> pages;
    for (auto comb : changes.combs) {
        const auto pool = pool_of(comb);
        if (pool != 0)
            pages.emplace(pool, (comb.value - pools.at(pool).comb_base()) / kCombsPerPage);
    }
    for (const auto& [pool, page] : pages) {
        wire::CombPage record;
        const auto first = pools.at(pool).comb_base() + page * kCombsPerPage;
        const auto end = pools.at(pool).comb_base() + pools.at(pool).comb_count();
        for (auto i = first; i < std::min(first + kCombsPerPage, end); ++i)
            if (auto found = combs.find(map::CombId{i}); found != combs.end())
                *record.add_combs() = to_record(found->second);
        txn.put(page_key(pool, page), record.SerializeAsString());
    }
}

std::uint64_t State::pool_of(map::CombId comb) const {
    for (const auto& [id, pool] : pools)
        if (comb.value >= pool.comb_base() && comb.value < pool.comb_base() + pool.comb_count())
            return id;
    return 0;
}

wire::CombRecord to_record(const map::Comb& comb) {
    wire::CombRecord record;
    record.set_id(comb.id.value);
    record.set_primary(comb.primary.value);
    record.set_secondary(comb.secondary.value);
    record.set_primary_device(comb.primary_device.value);
    record.set_secondary_device(comb.secondary_device.value);
    record.set_generation(comb.generation.value);
    record.set_state(static_cast<wire::CombState>(comb.state));
    return record;
}

map::Comb from_record(const wire::CombRecord& record) { return map::comb_of_record(record); }

wire::NodeRecord to_record(const map::Node& node) {
    wire::NodeRecord record;
    record.set_id(node.id.value);
    record.set_parent(node.parent.value);
    record.set_vtree(node.vtree.value);
    record.set_storage_pool(node.pool.value);
    record.set_frozen(node.frozen);
    record.set_fence(node.fence);
    return record;
}

map::Node from_record(const wire::NodeRecord& record) { return map::node_of_record(record); }

} // namespace pf::mdm
