// The functions behind the verbs; each lives in the file of its verb.
#pragma once

#include "base/options.hpp"

namespace pf::nvmetool {

void host_nqn_list_options(OptionTable& table);
int host_nqn_list(const OptionValues& values);

void host_nvme_options(OptionTable& table); // scope and network choice, for all three
void host_nvme_apply_options(OptionTable& table);
int host_nvme_plan(const OptionValues& values);
int host_nvme_apply(const OptionValues& values);
void host_nvme_verify_options(OptionTable& table);
int host_nvme_verify(const OptionValues& values);

void plan_compile_options(OptionTable& table);
int plan_compile(const OptionValues& values);
void plan_show_options(OptionTable& table);
int plan_show(const OptionValues& values);
void plan_init_options(OptionTable& table);
int plan_init(const OptionValues& values);
void plan_lint_options(OptionTable& table);
int plan_lint(const OptionValues& values);
void plan_diff_options(OptionTable& table);
int plan_diff(const OptionValues& values);
void plan_estimate_options(OptionTable& table);
int plan_estimate(const OptionValues& values);
void plan_calibrate_options(OptionTable& table);
int plan_calibrate(const OptionValues& values);
void plan_split_options(OptionTable& table);
int plan_split(const OptionValues& values);
void plan_approve_options(OptionTable& table);
int plan_approve(const OptionValues& values);
void plan_export_options(OptionTable& table);
int plan_export(const OptionValues& values);

int apply_verb(const OptionValues& values);

void run_list_options(OptionTable& table);
int run_list(const OptionValues& values);
int run_status(const OptionValues& values);
int run_resume(const OptionValues& values);
void run_rollback_options(OptionTable& table);
int run_rollback(const OptionValues& values);
void run_report_options(OptionTable& table);
int run_report(const OptionValues& values);
int run_cleanup(const OptionValues& values);
void run_ask_options(OptionTable& table);
void run_abort_options(OptionTable& table);
int run_pause(const OptionValues& values);
int run_abort(const OptionValues& values);
int run_watch(const OptionValues& values);
int run_logs(const OptionValues& values);
int run_verify(const OptionValues& values);

int host_nqn_check(const OptionValues& values);
int host_nvme_status(const OptionValues& values);
int host_nvme_discover(const OptionValues& values);
int host_adapter_list(const OptionValues& values);
int host_vmk_list(const OptionValues& values);
void host_part_options(OptionTable& table);
int host_adapter_add(const OptionValues& values);
int host_adapter_rm(const OptionValues& values);
void host_vmk_create_options(OptionTable& table);
int host_vmk_create(const OptionValues& values);
int host_vmk_tag(const OptionValues& values);
int host_vmk_untag(const OptionValues& values);
int host_nvme_connect(const OptionValues& values);
int host_nvme_disconnect(const OptionValues& values);
int host_nvme_reconnect(const OptionValues& values);
int host_nvme_forget(const OptionValues& values);

void array_host_options(OptionTable& table);
void array_host_limits_options(OptionTable& table);
int array_host_list(const OptionValues& values);
int array_host_add(const OptionValues& values);
int array_host_sync(const OptionValues& values);
int array_host_rename(const OptionValues& values);
int array_host_limits(const OptionValues& values);
int array_host_rm(const OptionValues& values);

void datastore_provision_options(OptionTable& table);
int datastore_provision(const OptionValues& values);

void migrate_options(OptionTable& table);
int migrate_online(const OptionValues& values);
int migrate_offline(const OptionValues& values);
int migrate_reverse(const OptionValues& values);

void journal_options(OptionTable& table);
void journal_tail_options(OptionTable& table);
void journal_export_options(OptionTable& table);
int journal_show(const OptionValues& values);
int journal_tail(const OptionValues& values);
int journal_verify(const OptionValues& values);
int journal_export(const OptionValues& values);

void inventory_collect_options(OptionTable& table);
int inventory_collect(const OptionValues& values);
void inventory_show_options(OptionTable& table);
int inventory_show(const OptionValues& values);
void inventory_diff_options(OptionTable& table);
int inventory_diff(const OptionValues& values);
void inventory_export_options(OptionTable& table);
int inventory_export(const OptionValues& values);
void inventory_import_options(OptionTable& table);
int inventory_import(const OptionValues& values);

void check_run_options(OptionTable& table);
int check_run(const OptionValues& values);
void check_list_options(OptionTable& table);
int check_list(const OptionValues& values);
void check_waive_options(OptionTable& table);
int check_waive(const OptionValues& values);
int check_unwaive(const OptionValues& values);
void check_permissions_options(OptionTable& table);
int check_permissions(const OptionValues& values);

void explain_options(OptionTable& table);
int explain_verb(const OptionValues& values);
void version_options(OptionTable& table);
int version_verb(const OptionValues& values);
int completion_verb(const OptionValues& values);

} // namespace pf::nvmetool
