// Sessions of one endpoint, and what belongs to a session: views, property filters, paging tokens.
#pragma once

#include "libvsphere/simulator/world.hpp"

#include <map>
#include <memory>
#include <string>

namespace pf::vim::sim {

struct ViewState {
    MoRef container;
    std::vector<std::string> types; // empty: everything
    bool recursive = true;
    std::optional<std::vector<MoRef>> list; // ListView
};

// A filter and what its client was told last.
struct FilterState {
    Value spec; // PropertyFilterSpec, inner references
    std::map<MoRef, std::map<std::string, Value>> told;
    bool fresh = true; // nothing was told yet
};

struct CollectorState {
    std::map<std::string, FilterState> filters; // by PropertyFilter moid
    uint64_t version = 0;
    bool cancel = false;
};

struct SessionState {
    std::string cookie;
    std::string key;
    std::string user; // empty until Login
    std::string address;
    std::string agent;
    WallTime login{};
    MonoTime last_active{};
    int calls = 0;
    uint64_t next_id = 1;
    std::map<std::string, ViewState> views;
    std::map<std::string, CollectorState> collectors;
    std::map<std::string, std::vector<Value>> pages; // token -> rest of a result
};

} // namespace pf::vim::sim
