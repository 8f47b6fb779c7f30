// The functions behind the verbs that make life easier; each lives in the file of its verb.
#pragma once

#include "base/options.hpp"

namespace pf::nvmetool {

void context_add_options(OptionTable& table);
int context_add(const OptionValues& values);
int context_use(const OptionValues& values);
int context_list(const OptionValues& values);
int context_rm(const OptionValues& values);
int context_show(const OptionValues& values);
int context_test(const OptionValues& values);

void trust_options(OptionTable& table);
void trust_add_options(OptionTable& table);
int trust_list(const OptionValues& values);
int trust_scan(const OptionValues& values);
int trust_add(const OptionValues& values);
int trust_rm(const OptionValues& values);

int lab_verb(const OptionValues& values);
int doctor_verb(const OptionValues& values);
int env_verb(const OptionValues& values);
void help_options(OptionTable& table);
int help_verb(const OptionValues& values);
int man_verb(const OptionValues& values);
void support_bundle_options(OptionTable& table);
int support_bundle(const OptionValues& values);

} // namespace pf::nvmetool
