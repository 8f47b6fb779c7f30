#include "libvsphere/wire/view.hpp"

namespace pf::vim {

bool View::bool_or(bool fallback) const {
    const std::string_view text = element_.text();
    if (text == "true" || text == "1")
        return true;
    if (text == "false" || text == "0")
        return false;
    return fallback;
}

std::optional<int64_t> View::int_opt() const {
    return element_ ? parse_int(element_.text()) : std::nullopt;
}

MoRef View::ref() const {
    if (element_.ref_type().empty())
        return {};
    return {std::string(element_.ref_type()), std::string(element_.text())};
}

View::Items View::items() const {
    if (is_array())
        return {element_.first_child(), {}};
    return {element_, element_.name()};
}

std::vector<std::string> View::texts() const {
    std::vector<std::string> out;
    for (const View item : items())
        out.emplace_back(item.text_view());
    return out;
}

std::vector<MoRef> View::refs() const {
    std::vector<MoRef> out;
    if (is_array())
        out.reserve(element_.count_children());
    for (const View item : items()) {
        if (!item.element_.ref_type().empty())
            out.push_back(item.ref());
    }
    return out;
}

} // namespace pf::vim
