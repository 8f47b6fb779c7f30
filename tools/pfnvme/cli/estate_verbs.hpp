// The functions behind the verbs on single objects of the estate: PowerFlex's volumes, targets and
// SDCs, datastores, the names of hosts; each lives in the file of its noun.
#pragma once

#include "base/options.hpp"

namespace pf::nvmetool {

int array_system(const OptionValues& values);
int array_nqn(const OptionValues& values);
int array_sdt_list(const OptionValues& values);
void array_sdt_maintenance_options(OptionTable& table);
int array_sdt_maintenance(const OptionValues& values);
int array_protocol_list(const OptionValues& values);
int array_protocol_check(const OptionValues& values);

int array_volume_list(const OptionValues& values);
void array_volume_create_options(OptionTable& table);
int array_volume_create(const OptionValues& values);
void array_volume_map_options(OptionTable& table);
int array_volume_map(const OptionValues& values);
int array_volume_unmap(const OptionValues& values);
void array_volume_snapshot_options(OptionTable& table);
int array_volume_snapshot(const OptionValues& values);
int array_volume_restore(const OptionValues& values);
int array_volume_rm(const OptionValues& values);

int datastore_list(const OptionValues& values);
void datastore_look_options(OptionTable& table);
int datastore_blockers(const OptionValues& values);
int datastore_lockmode(const OptionValues& values);
void datastore_voma_options(OptionTable& table);
int datastore_voma(const OptionValues& values);

void datastore_mount_options(OptionTable& table);
int datastore_unmount(const OptionValues& values);
int datastore_mount(const OptionValues& values);
void datastore_resignature_options(OptionTable& table);
int datastore_resignature(const OptionValues& values);
int datastore_rename(const OptionValues& values);
void datastore_retire_options(OptionTable& table);
int datastore_retire(const OptionValues& values);

void host_nqn_set_format_options(OptionTable& table);
int host_nqn_set_format(const OptionValues& values);
void host_sdc_options(OptionTable& table);
int host_sdc_list(const OptionValues& values);
int host_sdc_check(const OptionValues& values);
void host_sdc_retire_options(OptionTable& table);
int host_sdc_retire(const OptionValues& values);

} // namespace pf::nvmetool
