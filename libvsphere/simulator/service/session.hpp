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

// A filter and what its client was told last: a digest of each value, for an estate is large.
struct FilterState {
    Value spec;               // PropertyFilterSpec, inner references
    bool reads_tasks = false; // a task's progress may change what it shows
    std::map<MoRef, std::map<std::string, uint64_t>> told;
    uint64_t revision = 0; // the world's when everything had been told; 0: look again
    uint64_t task_revision = 0;
};

struct CollectorState {
    std::map<std::string, FilterState> filters; // by PropertyFilter moid
    uint64_t version = 0;
    bool cancel = false;
    MonoTime not_before{}; // looking at a large estate again and again would stall everybody
};

// What is left of a result that is read in pages: objects, whose values are read page by page.
struct PendingResult {
    std::vector<Value> specs;                   // PropertyFilterSpec[]
    std::vector<std::pair<size_t, MoRef>> rest; // with the number of their spec; from `next` on
    size_t next = 0;
    size_t size = 100;
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
    std::map<std::string, PendingResult> pages; // by token
};

} // namespace pf::vim::sim
