// JSON answers of PowerFlex into libpf's model.
//
// decode<T>(text) takes one object, decode_list<T>(text) an array of them. Unknown members are
// ignored, unset ones leave the field's default. Protocol: the text is not JSON, not the expected
// shape, or an object has no id.
#pragma once

#include "base/result.hpp"
#include "libpf/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::powerflex {

template<class T>
[[nodiscard]] Result<T> decode(std::string_view text);
template<class T>
[[nodiscard]] Result<std::vector<T>> decode_list(std::string_view text);

// An SDC list holds NVMe hosts as well (4.x), and a Host list may hold SDCs: the kind decides.
struct AnyHost {
    HostKind kind = HostKind::Sdc;
    Sdc sdc;       // when kind is Sdc
    NvmeHost nvme; // when kind is Nvme
};

// "4.6" or 4.6 with quotes, as GET /api/version answers; any further components are dropped.
[[nodiscard]] Result<ApiVersion> decode_version(std::string_view text);
// A JSON string: tokens, ids of queryIdByKey.
[[nodiscard]] Result<std::string> decode_string(std::string_view text);
// {"id":"…"} of a create.
[[nodiscard]] Result<std::string> decode_created_id(std::string_view text);
[[nodiscard]] Result<SnapshotResult> decode_snapshot_result(std::string_view text);
[[nodiscard]] Result<std::vector<SystemLimit>> decode_limits(std::string_view text);
[[nodiscard]] Result<StoragePoolCapacity> decode_pool_capacity(std::string_view text);

struct TokenReply {
    std::string access_token;
    std::string refresh_token;
    std::int64_t expires_in_s = 0;         // 0: not said
    std::int64_t refresh_expires_in_s = 0; // 0: not said
};
[[nodiscard]] Result<TokenReply> decode_tokens(std::string_view text);

} // namespace pf::powerflex
