#include "base/net/http_message.hpp"

#include <strings.h>

namespace pf::net {
namespace {
bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}
} // namespace

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
    fields_.emplace_back(std::string(name), std::move(value));
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (same_name(key, name))
            return value;
    return {};
}

bool Headers::has(std::string_view name) const {
    for (const auto& [key, value] : fields_)
        if (same_name(key, name))
            return true;
    return false;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& [key, value] : fields_)
        if (same_name(key, name))
            out.push_back(value);
    return out;
}

} // namespace pf::net
