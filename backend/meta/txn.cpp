#include "backend/meta/meta_store.hpp"

namespace pf::meta {

Txn& Txn::if_absent(std::string key) {
    guards.push_back({Guard::Kind::Absent, std::move(key), 0, {}});
    return *this;
}
Txn& Txn::if_present(std::string key) {
    guards.push_back({Guard::Kind::Present, std::move(key), 0, {}});
    return *this;
}
Txn& Txn::if_revision(std::string key, Revision revision) {
    guards.push_back({Guard::Kind::ModRevisionIs, std::move(key), revision, {}});
    return *this;
}
Txn& Txn::if_value(std::string key, std::string value) {
    guards.push_back({Guard::Kind::ValueIs, std::move(key), 0, std::move(value)});
    return *this;
}
Txn& Txn::put(std::string key, std::string value, LeaseId lease) {
    changes.push_back({Change::Kind::Put, std::move(key), std::move(value), lease});
    return *this;
}
Txn& Txn::erase(std::string key) {
    changes.push_back({Change::Kind::Delete, std::move(key), {}, 0});
    return *this;
}
Txn& Txn::erase_prefix(std::string prefix) {
    changes.push_back({Change::Kind::DeletePrefix, std::move(prefix), {}, 0});
    return *this;
}

Result<void> check_limits(const Txn& txn) {
    if (txn.guards.size() + txn.changes.size() > kMaxTxnOps)
        return fail(Errc::LimitExceeded, "transaction with more than {} operations", kMaxTxnOps);
    for (const auto& guard : txn.guards)
        if (guard.key.empty() || guard.key.size() > kMaxKeyBytes)
            return fail(Errc::InvalidArgument, "guard key is empty or longer than {} bytes",
                        kMaxKeyBytes);
    for (const auto& change : txn.changes) {
        if (change.key.empty() || change.key.size() > kMaxKeyBytes)
            return fail(Errc::InvalidArgument, "key is empty or longer than {} bytes",
                        kMaxKeyBytes);
        if (change.value.size() > kMaxValueBytes)
            return fail(Errc::LimitExceeded, "value of key '{}' is larger than {} bytes",
                        change.key, kMaxValueBytes);
    }
    return {};
}

} // namespace pf::meta
