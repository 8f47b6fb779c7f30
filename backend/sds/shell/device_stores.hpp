// The devices of a data server: opens what the MDM configured, formats blank ones when it says so,
// and is the core's UnitStore over all of them.
#pragma once

#include "backend/rt/gate.hpp"
#include "backend/rt/reactor.hpp"
#include "backend/sds/core/ports.hpp"
#include "backend/sds/store/block_store.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace pf::sds {

struct DeviceSpec {
    map::DeviceId device;
    std::string path;
    std::uint64_t capacity_limit_bytes = 0; // size of a new file; 0: what `sizes` says
    bool may_format = false;
};
struct DeviceReport {
    map::DeviceId device;
    bool open = false;
    std::uint64_t capacity_bytes = 0;
    std::uint64_t used_bytes = 0;
    std::string error;
};
struct DeviceOptions {
    bool relaxed_durability = false;
    // --device PATH[:SIZE]: when any is given, only these paths are touched; SIZE is that of a file
    // to be made.
    std::unordered_map<std::string, std::uint64_t> allowed;
};

class DeviceStores final : public UnitStore {
  public:
    DeviceStores(rt::Reactor& reactor, DeviceOptions options)
        : reactor_(reactor), options_(std::move(options)) {}

    // Opens (or reports why not). Formats only a device that is blank, and only when allowed to.
    rt::Task<void> open(map::SystemId system, DeviceSpec spec);
    rt::Task<void> close(map::DeviceId device);
    rt::Task<void> close_all();
    std::vector<map::DeviceId> configured() const;
    bool is_open(map::DeviceId device) const;
    std::vector<DeviceReport> reports() const;

    rt::Task<Result<void>> read(const UnitPath& path, std::uint32_t offset_bytes,
                                MutByteSpan into) override;
    rt::Task<Result<void>> write(const UnitPath& path, std::uint32_t offset_bytes,
                                 ByteSpan bytes) override;
    rt::Task<Result<void>> write_zeroes(const UnitPath& path, std::uint32_t offset_bytes,
                                        std::uint32_t length_bytes) override;
    BlockSet owned_blocks(map::DeviceId device, const UnitId& id) const override;
    bool has_unit(map::DeviceId device, const UnitId& id) const override;
    std::vector<UnitKey> units(map::DeviceId device, map::CombId comb) const override;
    rt::Task<Result<UnitImage>> export_unit(map::DeviceId device, UnitId id) override;
    rt::Task<Result<void>> import_unit(map::DeviceId device, UnitId id, UnitImage image) override;
    rt::Task<Result<void>> drop_unit(map::DeviceId device, UnitId id) override;
    rt::Task<Result<void>> drop_node(map::NodeId node) override;
    rt::Task<Result<void>> drop_comb(map::CombId comb) override;
    std::vector<map::NodeId> nodes() const override;
    std::vector<map::CombId> combs() const override;

  private:
    struct Device {
        DeviceSpec spec;
        std::string error;
        std::unique_ptr<rt::Disk> disk;
        std::unique_ptr<BlockStore> store; // before the disk in destruction order
    };
    rt::Task<Result<void>> open_store(map::SystemId system, Device& device);
    BlockStore* store_of(map::DeviceId device) const;

    rt::Reactor& reactor_;
    const DeviceOptions options_;
    std::unordered_map<map::DeviceId, std::shared_ptr<Device>> devices_;
};

} // namespace pf::sds
