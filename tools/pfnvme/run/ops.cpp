#include "tools/pfnvme/run/ops.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace pf::nvmetool {

namespace {

const std::array<std::span<const Op>, 8>& tables() {
    static const std::array<std::span<const Op>, 8> kTables{
        host_ops(), vmk_ops(),   volume_ops(),  datastore_ops(),
        vm_ops(),   check_ops(), context_ops(), upkeep_ops()};
    return kTables;
}

} // namespace

const Op* find_op(std::string_view name) {
    for (const std::span<const Op> table : tables()) {
        for (const Op& op : table) {
            if (op.name == name) {
                return &op;
            }
        }
    }
    return nullptr;
}

std::vector<const Op*> all_ops() {
    std::vector<const Op*> out;
    for (const std::span<const Op> table : tables()) {
        for (const Op& op : table) {
            out.push_back(&op);
        }
    }
    return out;
}

const std::string& param(const Params& params, const std::string& name) {
    const auto found = params.find(name);
    PF_ASSERT(found != params.end(), "a step lacks a parameter that its operation needs");
    return found->second;
}

std::string param_or(const Params& params, const std::string& name, const std::string& fallback) {
    const auto found = params.find(name);
    return found == params.end() ? fallback : found->second;
}

std::vector<std::string> list_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        out.push_back(text.substr(at, comma - at));
        at = comma + 1;
    }
    return out;
}

std::chrono::seconds deadline_of(const Op& op, const Params& params) {
    const auto found = params.find("deadline_s");
    if (found == params.end()) {
        return op.deadline;
    }
    long seconds = 0;
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds > 0 ? std::chrono::seconds(seconds) : op.deadline;
}

} // namespace pf::nvmetool
