#pragma once
// The texts that schema.cpp parses, one per theme. Grammar, tokens separated by white space:
//   data Name [: Base] [@version] [...] { field:type[[]][?][@version] … }   "..." = the table lists
//   only part of it managed Name [: Base] [@version] { property:type[[]][?][@version] … } enum Name
//   [@version] { value … } call Owner.Method result[[]][?] [@version] {
//   parameter:type[[]][?][@version] … }
// Fields stand in wire order. Versions up to 6.0 are left out: every server that can be bound has
// them.

#include <string_view>
#include <vector>

namespace pf::vim {

extern const std::string_view kSchemaCore;
extern const std::string_view kSchemaFaults;
extern const std::string_view kSchemaHost;
extern const std::string_view kSchemaNetwork;
extern const std::string_view kSchemaStorage;
extern const std::string_view kSchemaDatastore;
extern const std::string_view kSchemaCluster;
extern const std::string_view kSchemaVm;
extern const std::string_view kSchemaVmDevices;
extern const std::string_view kSchemaParts;
extern const std::string_view kSchemaMoreParts;
extern const std::string_view kSchemaEvents;
extern const std::string_view kSchemaMoreFaults;
extern const std::string_view kSchemaCalls;

} // namespace pf::vim
