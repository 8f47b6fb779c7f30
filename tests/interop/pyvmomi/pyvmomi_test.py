#!/usr/bin/env python3
"""pyVmomi against a simulated estate: what it can't decode strictly, or can't do, fails."""
import subprocess
import sys
import unittest
import warnings

warnings.simplefilter("ignore")
from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl  # noqa: E402

ESTATE = None


def stub(port, version="vim.version.version13"):
    return SoapAdapter.SoapStubAdapter(host="127.0.0.1", port=-port, path="/sdk", version=version)


class Interop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen(
            [ESTATE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.vcenter, cls.host = map(int, cls.process.stdout.readline().split())
        cls.si = vim.ServiceInstance("ServiceInstance", stub(cls.vcenter))
        cls.content = cls.si.RetrieveContent()
        cls.content.sessionManager.Login("administrator@vsphere.local", "VMware1!", None)

    @classmethod
    def tearDownClass(cls):
        cls.content.sessionManager.Logout()
        cls.si._stub.DropConnections()
        cls.process.stdin.close()
        cls.process.wait(30)
        cls.process.stdout.close()

    def view(self, kinds):
        return self.content.viewManager.CreateContainerView(self.content.rootFolder, kinds, True)

    def named(self, kind, name):
        return next(e for e in self.view([kind]).view if e.name == name)

    def done(self, task):
        """Follows the task by its own collector, as pyVmomi's samples do."""
        collector = self.content.propertyCollector
        spec = vmodl.query.PropertyCollector.FilterSpec(
            objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=task)],
            propSet=[vmodl.query.PropertyCollector.PropertySpec(
                type=vim.Task, pathSet=["info.state", "info.error", "info.result"])])
        filter_ = collector.CreateFilter(spec, True)
        try:
            version, state, result = None, None, None
            while state not in ("success", "error"):
                update = collector.WaitForUpdates(version)
                version = update.version
                for changes in update.filterSet:
                    for obj in changes.objectSet:
                        for change in obj.changeSet:
                            if change.name == "info.state":
                                state = change.val
                            elif change.name == "info.error" and change.val is not None:
                                raise change.val
                            elif change.name == "info.result":
                                result = change.val
            return result
        finally:
            filter_.Destroy()

    def properties(self, obj):
        for info in obj._GetPropertyList():
            try:
                yield info.name, getattr(obj, info.name)
            except (vmodl.query.InvalidProperty, vmodl.fault.NotSupported):
                self.fail("%s.%s is not known" % (obj._wsdlName, info.name))

    def references(self, value, out):
        if isinstance(value, VmomiSupport.ManagedObject):
            out.append(value)
        elif isinstance(value, list):
            for item in value:
                self.references(item, out)
        elif isinstance(value, VmomiSupport.DataObject):
            for info in value._GetPropertyList():
                self.references(getattr(value, info.name), out)

    def walk(self, start):
        """Reads every property of everything that can be reached."""
        open_, seen, kinds = [start], set(), set()
        while open_:
            obj = open_.pop()
            key = (obj._wsdlName, obj._moId)
            if key in seen or isinstance(obj, vim.Task):
                continue
            seen.add(key)
            kinds.add(obj._wsdlName)
            for _, value in self.properties(obj):
                self.references(value, open_)
        return kinds

    def test_everything_is_read_from_the_vcenter(self):
        kinds = self.walk(self.si)
        for kind in ("Folder", "Datacenter", "ClusterComputeResource", "HostSystem",
                     "VirtualMachine", "Datastore", "HostStorageSystem", "HostNetworkSystem",
                     "VmwareDistributedVirtualSwitch", "DistributedVirtualPortgroup",
                     "HostDatastoreBrowser", "AlarmManager"):
            self.assertIn(kind, kinds)

    def test_everything_is_read_from_a_host(self):
        si = vim.ServiceInstance("ServiceInstance", stub(self.host))
        content = si.RetrieveContent()
        self.assertEqual(content.about.apiType, "HostAgent")
        content.sessionManager.Login("root", "VMware1!", None)
        self.assertIn("HostSystem", self.walk(si))
        content.sessionManager.Logout()
        si._stub.DropConnections()

    def test_wrong_password(self):
        si = vim.ServiceInstance("ServiceInstance", stub(self.vcenter))
        with self.assertRaises(vim.fault.InvalidLogin):
            si.RetrieveContent().sessionManager.Login("nobody", "x", None)
        si._stub.DropConnections()

    def test_power_rename_reconfigure_and_snapshot(self):
        vm = self.named(vim.VirtualMachine, "app-ds-01")
        self.done(vm.PowerOn())
        self.assertEqual(vm.runtime.powerState, "poweredOn")
        with self.assertRaises(vim.fault.InvalidPowerState):
            vm.PowerOn()
        self.done(vm.PowerOff())
        self.done(vm.CreateSnapshot("one", "first", False, False))
        self.assertEqual(vm.snapshot.rootSnapshotList[0].name, "one")
        self.done(vm.RemoveAllSnapshots())
        self.done(vm.Rename("app-renamed"))
        self.assertEqual(vm.name, "app-renamed")
        self.done(vm.Rename("app-ds-01"))
        spec = vim.vm.ConfigSpec(extraConfig=[vim.option.OptionValue(key="guestinfo.x", value="1")])
        self.done(vm.Reconfigure(spec))
        self.assertIn("guestinfo.x", [o.key for o in vm.config.extraConfig])

    def test_relocate(self):
        vm = self.named(vim.VirtualMachine, "web-ds-01")
        target = self.named(vim.Datastore, "ds-02")
        spec = vim.vm.RelocateSpec(datastore=target, host=vm.runtime.host)
        self.done(vm.Relocate(spec))
        self.assertEqual([ds.name for ds in vm.datastore], ["ds-02"])
        self.assertIn("[ds-02]", vm.config.files.vmPathName)

    def test_searches(self):
        index = self.content.searchIndex
        vm = self.named(vim.VirtualMachine, "web-ds-02")
        datacenter = self.named(vim.Datacenter, "Datacenter")
        self.assertEqual(index.FindByUuid(None, vm.config.uuid, True), vm)
        self.assertEqual(index.FindByUuid(None, vm.config.instanceUuid, True, True), vm)
        self.assertEqual(index.FindByInventoryPath("Datacenter/vm/web-ds-02"), vm)
        self.assertEqual(index.FindByDatastorePath(datacenter, vm.config.files.vmPathName), vm)
        self.assertEqual(index.FindChild(datacenter.vmFolder, "web-ds-02"), vm)
        host = self.named(vim.HostSystem, "esx01.lab.local")
        self.assertEqual(index.FindByDnsName(None, "esx01.lab.local", False), host)
        self.assertEqual(index.FindAllByIp(None, "192.168.10.11", False), [host])
        self.assertIsNone(index.FindByInventoryPath("Datacenter/vm/nothing"))

    def test_updates_in_pieces(self):
        collector = self.content.propertyCollector.CreatePropertyCollector()
        view = self.view([vim.VirtualMachine])
        query = vmodl.query.PropertyCollector
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[query.TraversalSpec(
                name="v", type=vim.view.ContainerView, path="view", skip=False)])],
            propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime"])])
        collector.CreateFilter(spec, False)
        version, seen = None, []
        while True:
            update = collector.WaitForUpdatesEx(
                version, query.WaitOptions(maxWaitSeconds=0, maxObjectUpdates=1))
            if update is None:
                break
            version = update.version
            for changes in update.filterSet:
                self.assertLessEqual(len(changes.objectSet), 1)
                seen += [obj.obj for obj in changes.objectSet]
        self.assertEqual(sorted(map(str, seen)), sorted(map(str, view.view)))
        collector.Destroy()

    def test_pages_and_invalid_properties(self):
        query = vmodl.query.PropertyCollector
        view = self.view([vim.ManagedEntity])

        def spec(path):
            return query.FilterSpec(
                objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[query.TraversalSpec(
                    name="v", type=vim.view.ContainerView, path="view", skip=False)])],
                propSet=[query.PropertySpec(type=vim.ManagedEntity, pathSet=[path])])

        collector = self.content.propertyCollector
        page = collector.RetrievePropertiesEx([spec("name")], query.RetrieveOptions(maxObjects=3))
        got = list(page.objects)
        while page.token:
            page = collector.ContinueRetrievePropertiesEx(page.token)
            got += page.objects
        self.assertEqual(len(got), len(view.view))
        with self.assertRaises(vmodl.query.InvalidProperty):
            collector.RetrievePropertiesEx([spec("colour")], query.RetrieveOptions())

    def test_events_alarms_tasks_permissions(self):
        vm = self.named(vim.VirtualMachine, "app-ds-02")
        self.done(vm.PowerOn())
        by_entity = vim.event.EventFilterSpec.ByEntity(entity=vm, recursion="self")
        events = self.content.eventManager.QueryEvents(
            vim.event.EventFilterSpec(entity=by_entity))
        self.assertTrue([e for e in events if isinstance(e, vim.event.VmPoweredOnEvent)])
        collector = self.content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
        self.assertTrue(collector.ReadPreviousTasks(10))
        collector.DestroyCollector()
        for alarm in self.content.alarmManager.GetAlarm(None):
            self.assertTrue(alarm.info.name)
        granted = self.content.authorizationManager.HasPrivilegeOnEntities(
            [vm], "session", ["Datastore.AllocateSpace"])
        self.assertTrue(granted[0].privAvailability[0].isGranted)

    def test_browsers_and_host_configuration(self):
        ds = self.named(vim.Datastore, "ds-02")
        found = self.done(ds.browser.SearchSubFolders(
            "[ds-02]", vim.host.DatastoreBrowser.SearchSpec(matchPattern=["*.vmx"])))
        self.assertTrue([f.path for folder in found for f in folder.file])
        host = self.named(vim.HostSystem, "esx02.lab.local")
        manager = host.configManager
        disks = [d for d in manager.storageSystem.storageDeviceInfo.scsiLun]
        self.assertTrue(disks)
        self.assertFalse(manager.datastoreSystem.QueryUnresolvedVmfsVolumes())
        partitions = manager.storageSystem.RetrieveDiskPartitionInfo([disks[0].devicePath])
        self.assertEqual(partitions[0].spec.partitionFormat, "gpt")
        config = manager.virtualNicManager.QueryNetConfig("vmotion")
        self.assertTrue(config.candidateVnic)
        manager.storageSystem.RescanAllHba()
        manager.storageSystem.RescanVmfs()

    def test_folders(self):
        folder = self.named(vim.Datacenter, "Datacenter").vmFolder
        new = folder.CreateFolder("interop")
        vm = self.named(vim.VirtualMachine, "web-ds-02")
        self.done(new.MoveInto([vm]))
        self.assertEqual(vm.parent, new)
        self.done(folder.MoveInto([vm]))
        self.done(new.Destroy())
        with self.assertRaises(vmodl.fault.ManagedObjectNotFound):
            new.name

    def test_older_versions_bind_too(self):
        for version in ("vim.version.version10", "vim.version.version11"):
            si = vim.ServiceInstance("ServiceInstance", stub(self.vcenter, version))
            content = si.RetrieveContent()
            content.sessionManager.Login("administrator@vsphere.local", "VMware1!", None)
            view = content.viewManager.CreateContainerView(
                content.rootFolder, [vim.HostSystem], True)
            self.assertTrue(view.view[0].config.product.fullName)
            content.sessionManager.Logout()
            si._stub.DropConnections()


if __name__ == "__main__":
    ESTATE = sys.argv.pop(1)
    unittest.main(verbosity=1)
