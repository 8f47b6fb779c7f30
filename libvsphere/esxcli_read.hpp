// How the typed readers of esxcli answers take fields out of a record. Private to libvsphere.
#pragma once

#include "libvsphere/esxcli.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace pf::vim::cli {

/// 0 when the field is missing or no number.
inline int as_int(const EsxcliRecord& r, std::string_view name) {
    return static_cast<int>(r.get_int(name));
}

/// The first of these fields that is there and not empty: releases name columns differently.
inline std::string first_of(const EsxcliRecord& r, std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) {
        std::string text = r.get(name);
        if (!text.empty())
            return text;
    }
    return {};
}

} // namespace pf::vim::cli
