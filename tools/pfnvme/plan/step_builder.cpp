#include "tools/pfnvme/plan/step_builder.hpp"

#include "base/assert.hpp"
#include "tools/pfnvme/run/ops.hpp"

#include <algorithm>
#include <cctype>

namespace pf::nvmetool {

Step& StepBuilder::add(std::string id, std::string op, Params params, std::vector<OpCall> undo) {
    const Op* known = find_op(op);
    PF_ASSERT(known != nullptr, "a plan step names an operation that is not in the table");
    Step step;
    step.id = std::move(id);
    step.title = known->describe(params);
    if (known->precondition != nullptr) {
        step.pre.push_back(known->precondition(params));
    }
    if (known->postcondition != nullptr) {
        step.post.push_back(known->postcondition(params));
    }
    step.action = {std::move(op), std::move(params)};
    step.undo = std::move(undo);
    steps_.push_back(std::move(step));
    return steps_.back();
}

std::string step_id(int group, std::size_t index, std::string_view verb, std::string_view object) {
    std::string out = index == 0 ? fmt::format("{:02}-{}", group, verb)
                                 : fmt::format("{:02}.{:03}-{}", group, index, verb);
    if (!object.empty()) {
        out += "-";
        for (const char c : object) {
            // Step ids appear in PFNVME_CRASH_AT, file names and tables: keep them to one word.
            const bool plain =
                std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
            out += plain ? c : '-';
        }
    }
    return out;
}

std::string short_name(const std::string& host) {
    const bool numeric = std::all_of(host.begin(), host.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.';
    });
    return numeric ? host : host.substr(0, host.find('.'));
}

std::string powerflex_name(const std::string& text) {
    std::string out = text.substr(0, 31);
    std::replace(out.begin(), out.end(), ' ', '-');
    return out;
}

Params with(Params base, std::initializer_list<std::pair<const std::string, std::string>> more) {
    for (const auto& [name, value] : more) {
        base[name] = value;
    }
    return base;
}

} // namespace pf::nvmetool
