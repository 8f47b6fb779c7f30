#include "backend/gateway/core/statistics.hpp"

#include "backend/gateway/core/object_type.hpp"
#include "base/json.hpp"

#include <array>

namespace pf::gateway {
namespace {

constexpr auto kPoolNames = std::to_array<std::string_view>({
    "activeBckRebuildCapacityInKb",
    "activeEnterProtectedMaintenanceModeCapacityInKb",
    "activeExitProtectedMaintenanceModeCapacityInKb",
    "activeFwdRebuildCapacityInKb",
    "activeMovingCapacityInKb",
    "activeMovingInBckRebuildJobs",
    "activeMovingInEnterProtectedMaintenanceModeJobs",
    "activeMovingInExitProtectedMaintenanceModeJobs",
    "activeMovingInFwdRebuildJobs",
    "activeMovingInNormRebuildJobs",
    "activeMovingInRebalanceJobs",
    "activeMovingOutBckRebuildJobs",
    "activeMovingOutEnterProtectedMaintenanceModeJobs",
    "activeMovingOutExitProtectedMaintenanceModeJobs",
    "activeMovingOutFwdRebuildJobs",
    "activeMovingOutNormRebuildJobs",
    "activeMovingRebalanceJobs",
    "activeNormRebuildCapacityInKb",
    "activeRebalanceCapacityInKb",
    "aggregateCompressionLevel",
    "atRestCapacityInKb",
    "backgroundScanCompareErrorCount",
    "backgroundScanFixedCompareErrorCount",
    "backgroundScanFixedReadErrorCount",
    "BackgroundScannedInMB",
    "backgroundScanReadErrorCount",
    "bckRebuildCapacityInKb",
    "bckRebuildReadBwc",
    "bckRebuildWriteBwc",
    "capacityAvailableForVolumeAllocationInKb",
    "capacityInUseInKb",
    "capacityInUseNoOverheadInKb",
    "capacityLimitInKb",
    "compressedDataCompressionRatio",
    "compressionRatio",
    "currentFglMigrationSizeInKb",
    "degradedFailedCapacityInKb",
    "degradedFailedVacInKb",
    "degradedHealthyCapacityInKb",
    "degradedHealthyVacInKb",
    "deviceIds",
    "enterProtectedMaintenanceModeCapacityInKb",
    "enterProtectedMaintenanceModeReadBwc",
    "enterProtectedMaintenanceModeWriteBwc",
    "exitProtectedMaintenanceModeReadBwc",
    "exitProtectedMaintenanceModeWriteBwc",
    "exposedCapacityInKb",
    "failedCapacityInKb",
    "failedVacInKb",
    "fglCompressedDataSizeInKb",
    "fglSparesInKb",
    "fglUncompressedDataSizeInKb",
    "fglUserDataCapacityInKb",
    "fwdRebuildCapacityInKb",
    "fwdRebuildReadBwc",
    "fwdRebuildWriteBwc",
    "inaccessibleCapacityInKb",
    "inMaintenanceCapacityInKb",
    "inMaintenanceVacInKb",
    "inUseVacInKb",
    "logWrittenBlocksInKb",
    "maxCapacityInKb",
    "maxUserDataCapacityInKb",
    "metadataOverheadInKb",
    "mgUserDdataCcapacityInKb",
    "migratingVolumeIds",
    "migratingVtreeIds",
    "movingCapacityInKb",
    "netCapacityInUseInKb",
    "netCapacityInUseNoOverheadInKb",
    "netFglCompressedDataSizeInKb",
    "netFglSparesInKb",
    "netFglUncompressedDataSizeInKb",
    "netFglUserDataCapacityInKb",
    "netMaxUserDataCapacityInKb",
    "netMetadataOverheadInKb",
    "netMgUserDataCapacityInKb",
    "netProvisionedAddressesInKb",
    "netSnapshotCapacityInKb",
    "netThinUserDataCapacityInKb",
    "netTrimmedUserDataCapacityInKb",
    "netUnusedCapacityInKb",
    "netUserDataCapacityInKb",
    "netUserDataCapacityNoTrimInKb",
    "normRebuildCapacityInKb",
    "normRebuildReadBwc",
    "normRebuildWriteBwc",
    "numOfDeviceAtFaultRebuilds",
    "numOfDevices",
    "numOfIncomingVtreeMigrations",
    "numOfMappedToAllVolumes",
    "numOfMarkedVolumesForReplication",
    "numOfMigratingVolumes",
    "numOfMigratingVtrees",
    "numOfOutgoingMigrations",
    "numOfReplicationJournalVolumes",
    "numOfSnapshots",
    "numOfThickBaseVolumes",
    "numOfThinBaseVolumes",
    "numOfUnmappedVolumes",
    "numOfVolumes",
    "numOfVolumesInDeletion",
    "numOfVtrees",
    "overallUsageRatio",
    "pendingBckRebuildCapacityInKb",
    "pendingEnterProtectedMaintenanceModeCapacityInKb",
    "pendingExitProtectedMaintenanceModeCapacityInKb",
    "pendingFwdRebuildCapacityInKb",
    "pendingMovingCapacityInKb",
    "pendingMovingInBckRebuildJobs",
    "pendingMovingInEnterProtectedMaintenanceModeJobs",
    "pendingMovingInExitProtectedMaintenanceModeJobs",
    "pendingMovingInFwdRebuildJobs",
    "pendingMovingInNormRebuildJobs",
    "pendingMovingInRebalanceJobs",
    "pendingMovingOutBckRebuildJobs",
    "pendingMovingOutEnterProtectedMaintenanceModeJobs",
    "pendingMovingOutExitProtectedMaintenanceModeJobs",
    "pendingMovingOutFwdRebuildJobs",
    "pendingMovingOutNormrebuildJobs",
    "pendingMovingRebalanceJobs",
    "pendingNormRebuildCapacityInKb",
    "pendingRebalanceCapacityInKb",
    "persistentChecksumBuilderProgress",
    "persistentChecksumCapacityInKb",
    "primaryReadBwc",
    "primaryReadFromDevBwc",
    "primaryReadFromRmcacheBwc",
    "primaryVacInKb",
    "primaryWriteBwc",
    "protectedCapacityInKb",
    "protectedVacInKb",
    "provisionedAddressesInKb",
    "rebalanceCapacityInKb",
    "rebalanceReadBwc",
    "rebalanceWriteBwc",
    "rfacheReadHit",
    "rfacheWriteHit",
    "rfcacheAvgReadTime",
    "rfcacheAvgWriteTime",
    "rfcacheIoErrors",
    "rfcacheIosOutstanding",
    "rfcacheIosSkipped",
    "rfcacheReadMiss",
    "rfcacheReadsFromCache",
    "rfcacheReadsPending",
    "rfcacheReadsReceived",
    "rfcacheReadsSkipped",
    "rfcacheReadsSkippedAlignedSizeTooLarge",
    "rfcacheReadsSkippedHeavyLoad",
    "rfcacheReadsSkippedInternalError",
    "rfcacheReadsSkippedLockIos",
    "rfcacheReadsSkippedLowResources",
    "rfcacheReadsSkippedMaxIoSize",
    "rfcacheReadsSkippedStuckIo",
    "rfcacheSkippedUnlinedWrite",
    "rfcacheSourceDeviceReads",
    "rfcacheSourceDeviceWrites",
    "rfcacheWriteMiss",
    "rfcacheWritePending",
    "rfcacheWritesReceived",
    "rfcacheWritesSkippedCacheMiss",
    "rfcacheWritesSkippedHeavyLoad",
    "rfcacheWritesSkippedInternalError",
    "rfcacheWritesSkippedLowResources",
    "rfcacheWritesSkippedMaxIoSize",
    "rfcacheWritesSkippedStuckIo",
    "rmPendingAllocatedInKb",
    "rmPendingThickInKb",
    "rplJournalCapAllowed",
    "rplTotalJournalCap",
    "rplUsedJournalCap",
    "secondaryReadBwc",
    "secondaryReadFromDevBwc",
    "secondaryReadFromRmcacheBwc",
    "secondaryVacInKb",
    "secondaryWriteBwc",
    "semiProtectedCapacityInKb",
    "semiProtectedVacInKb",
    "snapCapacityInUseInKb",
    "snapCapacityInUseOccupiedInKb",
    "snapshotCapacityInKb",
    "spareCapacityInKb",
    "spSdsIds",
    "targetOtherLatency",
    "targetReadLatency",
    "targetWriteLatency",
    "tempCapacityInKb",
    "tempCapacityVacInKb",
    "thickCapacityInUseInKb",
    "thinAndSnapshotRatio",
    "thinCapacityAllocatedInKb",
    "thinCapacityAllocatedInKm",
    "thinCapacityInUseInKb",
    "thinUserDataCapacityInKb",
    "totalFglMigrationSizeInKb",
    "totalReadBwc",
    "totalWriteBwc",
    "trimmedUserDataCapacityInKb",
    "unreachableUnusedCapacityInKb",
    "unusedCapacityInKb",
    "userDataCapacityInKb",
    "userDataCapacityNoTrimInKb",
    "userDataReadBwc",
    "userDataSdcReadLatency",
    "userDataSdcTrimLatency",
    "userDataSdcWriteLatency",
    "userDataTrimBwc",
    "userDataWriteBwc",
    "volMigrationReadBwc",
    "volMigrationWriteBwc",
    "volumeAddressSpaceInKb",
    "volumeAllocationLimitInKb",
    "volumeIds",
    "vtreeAddresSpaceInKb",
    "vtreeIds",
});

constexpr auto kVolumeNames = std::to_array<std::string_view>({
    "childVolumeIds",         "descendantVolumeIds",
    "initiatorSdcId",         "mappedSdcIds",
    "numOfChildVolumes",      "numOfDescendantVolumes",
    "numOfMappedSdcs",        "registrationKey",
    "registrationKeys",       "replicationJournalVolume",
    "replicationState",       "reservationType",
    "rplTotalJournalCap",     "rplUsedJournalCap",
    "userDataReadBwc",        "userDataSdcReadLatency",
    "userDataSdcTrimLatency", "userDataSdcWriteLatency",
    "userDataTrimBwc",        "userDataWriteBwc",
});

constexpr auto kIoNames = std::to_array<std::string_view>({
    "userDataReadBwc",
    "userDataWriteBwc",
    "userDataTrimBwc",
    "userDataSdcReadLatency",
    "userDataSdcWriteLatency",
    "userDataSdcTrimLatency",
    "numOfMappedVolumes",
    "volumeIds",
});

constexpr auto kVtreeNames = std::to_array<std::string_view>({
    "netProvisionedAddressesInKb",
    "numOfVolumes",
    "volumeIds",
    "trimmedCapacityInKb",
    "baseNetCapacityInUseInKb",
    "netCapacityInUseInKb",
    "snapshotCapacityInKb",
});

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> tails) {
    for (std::string_view tail : tails) {
        if (name.ends_with(tail)) {
            return true;
        }
    }
    return false;
}

} // namespace

std::span<const std::string_view> statistics_names(std::string_view type) {
    if (type == "Volume") {
        return kVolumeNames;
    }
    if (type == "Sdc" || type == "Host" || type == "Sdt") {
        return kIoNames;
    }
    if (type == "VTree") {
        return kVtreeNames;
    }
    return kPoolNames; // System, ProtectionDomain, Sds, Device report the same capacities
}

json::value zero_statistic(std::string_view name) {
    if (ends_with_any(name, {"Bwc", "Latency"})) {
        return json::object{{"numSeconds", 0}, {"totalWeightInKb", 0}, {"numOccured", 0}};
    }
    if (ends_with_any(name, {"Ids", "registrationKeys"})) {
        return json::array();
    }
    if (name == "reservationType") {
        return "NotReserved";
    }
    if (name == "replicationState") {
        return "UnmarkedForReplication";
    }
    if (name == "replicationJournalVolume") {
        return false;
    }
    if (ends_with_any(name, {"initiatorSdcId", "registrationKey"})) {
        return nullptr;
    }
    return 0;
}

json::object selected_statistics(const ObjectType& type, const View& view, std::uint64_t id,
                                 const std::vector<std::string>& wanted) {
    const json::object known =
        type.statistics != nullptr ? type.statistics(view, id) : json::object();
    json::object out;
    for (const std::string& name : wanted) {
        const json::value* value = known.if_contains(name);
        out[name] = value != nullptr ? *value : zero_statistic(name);
    }
    return out;
}

json::object full_statistics(const ObjectType& type, const View& view, std::uint64_t id) {
    json::object out = type.statistics != nullptr ? type.statistics(view, id) : json::object();
    for (std::string_view name : statistics_names(type.name)) {
        if (!out.contains(name)) {
            out[name] = zero_statistic(name);
        }
    }
    return out;
}

} // namespace pf::gateway
