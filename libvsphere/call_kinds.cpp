#include "libvsphere/call_kinds.hpp"

#include <algorithm>
#include <array>

namespace pf::vim::detail {

namespace {

template<size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 6> kReadingPrefixes = {"Query", "Retrieve", "Find",
                                                              "Fetch", "Has",      "Check"};
constexpr std::array<std::string_view, 16> kReadOnly = {"ContinueRetrievePropertiesEx",
                                                        "CancelRetrievePropertiesEx",
                                                        "WaitForUpdates",
                                                        "WaitForUpdatesEx",
                                                        "CurrentTime",
                                                        "SessionIsActive",
                                                        "CreateContainerView",
                                                        "CreateListView",
                                                        "DestroyView",
                                                        "CreateFilter",
                                                        "DestroyPropertyFilter",
                                                        "CreatePropertyCollector",
                                                        "DestroyPropertyCollector",
                                                        "CreateCollectorForTasks",
                                                        "DestroyCollector",
                                                        "IsClusteredVmdkEnabled"};
constexpr std::array<std::string_view, 4> kBulkReads = {
    "RetrieveProperties", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx",
    "RetrieveAllPermissions"};
constexpr std::array<std::string_view, 12> kHostManagers = {
    "HostStorageSystem",  "HostDatastoreSystem",    "HostVirtualNicManager", "HostNetworkSystem",
    "HostServiceSystem",  "HostKernelModuleSystem", "HostDiagnosticSystem",  "HostFirmwareSystem",
    "HostFirewallSystem", "OptionManager",          "ManagedMethodExecuter", "Datastore"};

} // namespace

bool is_read_only(std::string_view method) {
    if (method.ends_with("_Task"))
        return false;
    return one_of(method, kReadOnly) ||
           std::any_of(kReadingPrefixes.begin(), kReadingPrefixes.end(),
                       [&](std::string_view prefix) { return method.starts_with(prefix); });
}

bool is_host_work(const MoRef& self, std::string_view method) {
    return !method.ends_with("_Task") && one_of(self.type, kHostManagers);
}

std::chrono::milliseconds timeout_of(const MoRef& self, std::string_view method,
                                     const SessionOptions& options) {
    if (method == "Logout")
        return options.logout_timeout;
    if (one_of(method, kBulkReads))
        return options.bulk_timeout;
    if (is_host_work(self, method))
        return options.storage_timeout;
    return options.call_timeout;
}

} // namespace pf::vim::detail
