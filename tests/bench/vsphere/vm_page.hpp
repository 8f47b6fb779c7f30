#pragma once
// One page of RetrievePropertiesEx as a vCenter 8 answers it, any number of VMs long.
//
// The texts, lengths and the share of what the toolkit does not read (descriptions, 40 extraConfig
// options, files) follow what real servers send for the property set of read_inventory().

#include <cstddef>
#include <string>

namespace pf::vim::bench {

std::string vm_page(size_t vms, size_t first = 0);

} // namespace pf::vim::bench
