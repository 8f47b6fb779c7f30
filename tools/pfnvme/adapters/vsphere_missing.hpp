// What vCenter withheld from a reading: which facts are then not known, and how to say so.
#pragma once

#include "libvsphere/properties.hpp"
#include "tools/pfnvme/run/values.hpp"

#include <set>
#include <string>
#include <vector>

namespace pf::nvmetool {

// The facts that a property of a vim25 type stands for; none for what nothing is decided by.
[[nodiscard]] std::set<Fact> facts_of_property(const std::string& type, const std::string& path);

// Takes the facts away and notes a gap for each property and reason: many objects are one sentence.
void note_missing(const std::vector<vim::MissingProperty>& missing, VsphereEstate& estate);

} // namespace pf::nvmetool
