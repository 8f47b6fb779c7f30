// The text files of a virtual machine: .vmx (key = "value") and .vmdk descriptors. Pure text.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pf::vim::sim {

// Keys compare without case, as VMware does; written back sorted with the first spelling.
class VmxFile {
  public:
    static Result<VmxFile> parse(std::string_view text); // Corrupt for a line without key = "value"
    std::string text() const;

    std::string get(std::string_view key, std::string_view fallback = {}) const;
    bool get_bool(std::string_view key) const; // "TRUE"
    int64_t get_int(std::string_view key, int64_t fallback) const;
    void set(std::string_view key, std::string_view value);
    void remove_prefix(std::string_view prefix);
    const std::map<std::string, std::pair<std::string, std::string>>& entries() const {
        return entries_;
    }

  private:
    std::map<std::string, std::pair<std::string, std::string>> entries_; // lower key -> key, value
};

struct DiskDescriptor {
    std::string create_type =
        "vmfs";              // or "seSparse", "vmfsPassthroughRawDeviceMap", "vmfsRawDeviceMap"
    std::string extent_file; // "vm1-flat.vmdk" or "vm1-rdmp.vmdk"
    uint64_t size_bytes = 0;
    bool thin = true;
    std::string uuid;        // "60 00 C2 9a …"
    std::string rdm_device;  // raw mapping: canonical name of the mapped device
    std::string parent_file; // of a delta ("seSparse"): the descriptor that it stands on

    bool is_rdm() const { return create_type.ends_with("RawDeviceMap"); }
    std::string text() const;
    static Result<DiskDescriptor> parse(std::string_view text);
};

// "[ds01] vm1/vm1.vmx" <-> ("ds01", "vm1/vm1.vmx"). InvalidArgument for any other form.
struct DatastorePath {
    std::string datastore;
    std::string path;
    static Result<DatastorePath> parse(std::string_view text);
    std::string str() const;
};

std::string directory_of(std::string_view path); // "vm1" of "vm1/vm1.vmx"; "" without a slash
std::string file_of(std::string_view path);      // "vm1.vmx"
// A uuid as vmx files spell it: "56 4d 1a … - …" for 36-character lower-case text, and back.
std::string vmx_uuid(std::string_view uuid);
std::string plain_uuid(std::string_view vmx_text);

} // namespace pf::vim::sim
