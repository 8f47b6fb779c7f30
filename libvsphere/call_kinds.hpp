#pragma once
// Private: what is known of a vim25 method before it is sent: whether it changes anything, and how
// long its answer may take.

#include "libvsphere/session.hpp"

#include <chrono>
#include <string_view>

namespace pf::vim::detail {

/// Reads, or changes only what belongs to the session itself (views, filters): harmless to repeat,
/// and a lost answer leaves nothing open.
bool is_read_only(std::string_view method);

/// Blocks until the host has done the work: everything on a host's managers that is no task.
bool is_host_work(const MoRef& self, std::string_view method);

/// The time-out of one call when the caller names none.
std::chrono::milliseconds timeout_of(const MoRef& self, std::string_view method,
                                     const SessionOptions& options);

} // namespace pf::vim::detail
