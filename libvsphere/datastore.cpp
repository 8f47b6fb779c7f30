#include "libvsphere/datastore.hpp"

#include "libvsphere/properties.hpp"
#include "libvsphere/settle.hpp"
#include "libvsphere/storage_read.hpp"

namespace pf::vim {

namespace {

/// The host's datastore of this name on this device; empty when there is none.
Result<MoRef> find_on_device(Session& session, const Host& host, const std::string& canonical_name,
                             const std::string& name) {
    PF_TRY(Value list, retrieve_property(session, host.ref, "datastore"));
    PF_TRY(std::vector<ObjectProps> all,
           retrieve(session, list.refs(), {"Datastore", {"name", "info"}}));
    for (const ObjectProps& props : all) {
        if (props["name"].text_view() != name)
            continue;
        for (const Value& extent : props["info"]["vmfs"]["extent"].items()) {
            if (extent["diskName"].text_view() == canonical_name)
                return props.object;
        }
    }
    return MoRef{};
}

/// Removing answers nothing: when even that was lost, the datastore is looked for.
Result<void> settle_removal(Session& session, const MoRef& datastore, const Result<Value>& answer) {
    Result<void> outcome;
    if (!answer)
        outcome = fail(answer.error());
    return detail::settle(session, std::move(outcome), [&]() -> Result<bool> {
        Result<Value> name = retrieve_property(session, datastore, "name");
        if (name)
            return false;
        if (name.error().code == Errc::NotFound)
            return true;
        return fail(name.error());
    });
}

} // namespace

Result<std::vector<ScsiDevice>> available_disks(Session& session, const Host& host) {
    PF_TRY(Value list,
           session.call(host.managers.datastores, "QueryAvailableDisksForVmfs", {},
                        {.object = fmt::format("host {}: list free devices", host.name)}));
    std::vector<ScsiDevice> out;
    for (const Value& disk : list.items())
        out.push_back(detail::to_device(disk));
    return out;
}

Result<MoRef> create_vmfs_datastore(Session& session, const Host& host,
                                    const std::string& canonical_name, const std::string& name,
                                    int vmfs_major) {
    const std::string object =
        fmt::format("host {}: create datastore {} on {}", host.name, name, canonical_name);
    PF_TRY(Value options,
           session.call(host.managers.datastores, "QueryVmfsDatastoreCreateOptions",
                        {{"devicePath", Value("/vmfs/devices/disks/" + canonical_name)},
                         {"vmfsMajorVersion", Value(int32_t(vmfs_major))}},
                        {.object = object}));
    const DataObject* chosen = nullptr;
    for (const Value& option : options.items()) {
        if (option["info"].type_name() == "VmfsDatastoreAllExtentOption" &&
            option["spec"].as_object())
            chosen = option["spec"].as_object();
    }
    if (!chosen)
        return fail(Errc::Conflict,
                    "{}: the host offers no way to use the whole device; is there a partition or "
                    "an unresolved copy on it?",
                    object);
    DataObject spec = *chosen;
    if (spec.type.empty() || spec.type == "VmfsDatastoreSpec")
        spec.type = "VmfsDatastoreCreateSpec";
    const DataObject* offered = spec["vmfs"].as_object();
    if (!offered)
        return fail(Errc::Protocol, "{}: the host's create option has no VMFS part", object);
    DataObject vmfs = *offered;
    vmfs.set("volumeName", Value(name));
    spec.set("vmfs", Value(std::move(vmfs)));
    Result<Value> answer = session.call(host.managers.datastores, "CreateVmfsDatastore",
                                        {{"spec", Value(std::move(spec))}}, {.object = object});
    if (answer)
        return answer->require_ref("the new datastore");
    MoRef created;
    PF_CHECK(detail::settle(session, fail(answer.error()), [&]() -> Result<bool> {
        PF_TRY(created, find_on_device(session, host, canonical_name, name));
        return !created.empty();
    }));
    return created;
}

Result<void> rename_datastore(Session& session, const MoRef& datastore,
                              const std::string& new_name) {
    Result<Value> answer =
        session.call(datastore, "RenameDatastore", {{"newName", Value(new_name)}},
                     {.object = fmt::format("rename datastore {} to {}", datastore.id, new_name)});
    Result<void> outcome;
    if (!answer)
        outcome = fail(answer.error());
    return detail::settle(session, std::move(outcome), [&]() -> Result<bool> {
        PF_TRY(Value name, retrieve_property(session, datastore, "name"));
        return name.text_view() == new_name;
    });
}

Result<void> refresh_datastore(Session& session, const MoRef& datastore) {
    PF_CHECK(session.call(datastore, "RefreshDatastore", {},
                          {.object = fmt::format("refresh datastore {}", datastore.id)}));
    return {};
}

Result<void> destroy_datastore(Session& session, const MoRef& datastore) {
    return settle_removal(
        session, datastore,
        session.call(datastore, "DestroyDatastore", {},
                     {.timeout = session.options().storage_timeout,
                      .object = fmt::format("destroy datastore {}", datastore.id)}));
}

Result<void> remove_datastore(Session& session, const Host& host, const MoRef& datastore) {
    return settle_removal(
        session, datastore,
        session.call(
            host.managers.datastores, "RemoveDatastore", {{"datastore", Value(datastore)}},
            {.object = fmt::format("host {}: remove datastore {}", host.name, datastore.id)}));
}

Result<void> expand_datastore(Session& session, const Host& host, const MoRef& datastore) {
    const std::string object = fmt::format("host {}: expand datastore {}", host.name, datastore.id);
    PF_TRY(Value options, session.call(host.managers.datastores, "QueryVmfsDatastoreExpandOptions",
                                       {{"datastore", Value(datastore)}}, {.object = object}));
    if (options.items().empty())
        return fail(Errc::NotFound, "{}: its device has no free space", object);
    PF_CHECK(
        session.call(host.managers.datastores, "ExpandVmfsDatastore",
                     {{"datastore", Value(datastore)}, {"spec", options.items().front()["spec"]}},
                     {.object = object}));
    return {};
}

Result<std::vector<BrowsedFile>> browse_datastore(Session& session, const MoRef& datastore,
                                                  const std::string& folder,
                                                  const std::string& pattern, bool recursive) {
    PF_TRY(Value browser, retrieve_property(session, datastore, "browser"));
    DataObject details("FileQueryFlags");
    details.set("fileType", Value(true));
    details.set("fileSize", Value(true));
    details.set("modification", Value(false));
    details.set("fileOwner", Value(false));
    DataObject spec("HostDatastoreBrowserSearchSpec");
    spec.set("details", Value(std::move(details)));
    spec.set("matchPattern", Value::strings({pattern}));
    const std::string object = fmt::format("browse {}", folder);
    PF_TRY(Value task_ref,
           session.call(browser.ref(),
                        recursive ? "SearchDatastoreSubFolders_Task" : "SearchDatastore_Task",
                        {{"datastorePath", Value(folder)}, {"searchSpec", Value(std::move(spec))}},
                        {.object = object}));
    PF_TRY(MoRef task, task_ref.require_ref("the browse task"));
    TaskWait wait;
    wait.object = object;
    PF_TRY(TaskInfo done, wait_task(session, task, wait));
    std::vector<Value> single{done.result};
    const std::vector<Value>& results = done.result.as_array() ? done.result.items() : single;
    std::vector<BrowsedFile> out;
    for (const Value& result : results) {
        for (const Value& file : result["file"].items())
            out.push_back({result["folderPath"].text_or(), file["path"].text_or(),
                           file["fileSize"].int_or(0)});
    }
    return out;
}

} // namespace pf::vim
