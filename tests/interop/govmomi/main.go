// A client of the simulated vCenter made with govmomi, by other people for real ones: it decodes
// strictly by type, so that what it reads without an error has the shape that vCenter's has.
//
// GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD and GOVC_TLS_CA_CERTS say where, as `pf-lab env` prints
// them. Prints one line for each thing that it did; ends with 1 at the first that went wrong.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/event"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func want(ok bool, format string, args ...interface{}) {
	if !ok {
		must(fmt.Errorf(format, args...), "not as expected")
	}
}

func connect(ctx context.Context) *govmomi.Client {
	u, err := soap.ParseURL(os.Getenv("GOVC_URL"))
	must(err, "GOVC_URL")
	u.User = url.UserPassword(os.Getenv("GOVC_USERNAME"), os.Getenv("GOVC_PASSWORD"))
	transport := soap.NewClient(u, false)
	if file := os.Getenv("GOVC_TLS_CA_CERTS"); file != "" {
		must(transport.SetRootCAs(file), "the CA's certificate")
	}
	client, err := vim25.NewClient(ctx, transport)
	must(err, "service content")
	c := &govmomi.Client{Client: client, SessionManager: session.NewManager(client)}
	must(c.Login(ctx, u.User), "login")
	return c
}

// Everything that an object of the type has, in one read.
func readAll(ctx context.Context, c *govmomi.Client, kind string, into interface{}) int {
	v, err := view.NewManager(c.Client).CreateContainerView(ctx, c.ServiceContent.RootFolder,
		[]string{kind}, true)
	must(err, "view of "+kind)
	defer v.Destroy(ctx)
	must(v.Retrieve(ctx, []string{kind}, nil, into), "all of "+kind)
	return reflect.ValueOf(into).Elem().Len()
}

func powerCycle(ctx context.Context, c *govmomi.Client, vm *object.VirtualMachine) {
	state, err := vm.PowerState(ctx)
	must(err, "power state")
	if state == types.VirtualMachinePowerStatePoweredOff {
		task, err := vm.PowerOn(ctx)
		must(err, "power on")
		must(task.Wait(ctx), "power on")
	}
	// A fault is decoded into its own type.
	_, err = methods.UnregisterVM(ctx, c.Client, &types.UnregisterVM{This: vm.Reference()})
	want(err != nil && soap.IsSoapFault(err), "a running VM was unregistered: %v", err)
	fault, ok := soap.ToSoapFault(err).VimFault().(types.InvalidPowerState)
	want(ok && fault.ExistingState == types.VirtualMachinePowerStatePoweredOn,
		"the fault is %#v", soap.ToSoapFault(err).VimFault())
	// The change arrives by WaitForUpdatesEx, in a session of its own.
	changed := make(chan error, 1)
	watch := connect(ctx)
	go func() {
		changed <- property.Wait(ctx, property.DefaultCollector(watch.Client), vm.Reference(),
			[]string{"runtime.powerState"}, func(changes []types.PropertyChange) bool {
				for _, change := range changes {
					if change.Val == types.VirtualMachinePowerStatePoweredOff {
						return true
					}
				}
				return false
			})
	}()
	task, err := vm.PowerOff(ctx)
	must(err, "power off")
	info, err := task.WaitForResult(ctx, nil)
	must(err, "power off")
	want(info.State == types.TaskInfoStateSuccess && info.EntityName != "", "task %#v", info)
	must(<-changed, "watching the power state")
	must(watch.Logout(ctx), "second logout")
	fmt.Println("power, faults and updates of", vm.InventoryPath)
}

// Files: a snapshot's delta, a move to another datastore with the chain, and what a browser finds.
func moveWithSnapshot(ctx context.Context, c *govmomi.Client, finder *find.Finder,
	vm *object.VirtualMachine) {
	task, err := vm.CreateSnapshot(ctx, "before", "", false, false)
	must(err, "snapshot")
	must(task.Wait(ctx), "snapshot")
	var read mo.VirtualMachine
	must(vm.Properties(ctx, vm.Reference(), []string{"datastore", "layoutEx", "snapshot"}, &read),
		"layout")
	want(read.Snapshot != nil && len(read.LayoutEx.Snapshot) == 1 &&
		len(read.LayoutEx.Disk[0].Chain) == 2, "layout %#v", read.LayoutEx)
	all, err := finder.DatastoreList(ctx, "*")
	must(err, "datastores by path")
	var target *object.Datastore
	for _, candidate := range all {
		if candidate.Reference() != read.Datastore[0] {
			target = candidate
		}
	}
	want(target != nil, "no second datastore")
	to := target.Reference()
	task, err = vm.Relocate(ctx, types.VirtualMachineRelocateSpec{Datastore: &to},
		types.VirtualMachineMovePriorityDefaultPriority)
	must(err, "relocate")
	must(task.Wait(ctx), "relocate")
	browser, err := target.Browser(ctx)
	must(err, "browser")
	task, err = browser.SearchDatastoreSubFolders(ctx, target.Path(""),
		&types.HostDatastoreBrowserSearchSpec{MatchPattern: []string{"*.vmdk"}})
	must(err, "browse")
	info, err := task.WaitForResult(ctx, nil)
	must(err, "browse")
	folders := info.Result.(types.ArrayOfHostDatastoreBrowserSearchResults)
	files := 0
	for _, folder := range folders.HostDatastoreBrowserSearchResults {
		files += len(folder.File)
	}
	want(files >= 4, "%d files of disks on %s", files, target.Name())
	task, err = vm.RemoveAllSnapshot(ctx, nil)
	must(err, "remove the snapshot")
	must(task.Wait(ctx), "remove the snapshot")
	fmt.Println("moved", vm.InventoryPath, "with its snapshot to", target.Name())
}

func hostSystems(ctx context.Context, c *govmomi.Client, host *object.HostSystem) {
	storage, err := host.ConfigManager().StorageSystem(ctx)
	must(err, "storage system")
	must(storage.RescanAllHba(ctx), "rescan")
	must(storage.RescanVmfs(ctx), "rescan of VMFS")
	must(storage.Refresh(ctx), "refresh")
	copies, err := storage.QueryUnresolvedVmfsVolumes(ctx)
	must(err, "unresolved volumes")
	network, err := host.ConfigManager().VirtualNicManager(ctx)
	must(err, "NIC manager")
	nics, err := network.Info(ctx)
	must(err, "NICs by service")
	want(len(nics.NetConfig) > 0, "no service of any NIC")
	services, err := host.ConfigManager().ServiceSystem(ctx)
	must(err, "service system")
	list, err := services.Service(ctx)
	must(err, "services")
	want(len(list) > 0, "no service")
	options, err := host.ConfigManager().OptionManager(ctx)
	must(err, "options")
	_, err = options.Query(ctx, "Misc.")
	must(err, "options")
	datastores, err := host.ConfigManager().DatastoreSystem(ctx)
	must(err, "datastore system")
	free, err := datastores.QueryAvailableDisksForVmfs(ctx)
	must(err, "available disks")
	fmt.Printf("systems of %s: %d services, %d copies, %d free disks\n", host.Name(), len(list),
		len(copies), len(free))
}

func customFields(ctx context.Context, c *govmomi.Client, vm *object.VirtualMachine) {
	manager, err := object.GetCustomFieldsManager(c.Client)
	must(err, "custom fields")
	field, err := manager.Add(ctx, fmt.Sprintf("govmomi-%d", time.Now().UnixNano()),
		"VirtualMachine", nil, nil)
	must(err, "add a custom field")
	must(manager.Set(ctx, vm.Reference(), field.Key, "seen"), "set a custom field")
	var read mo.VirtualMachine
	must(vm.Properties(ctx, vm.Reference(), []string{"customValue"}, &read), "custom values")
	want(len(read.CustomValue) == 1 &&
		read.CustomValue[0].(*types.CustomFieldStringValue).Value == "seen",
		"custom values %#v", read.CustomValue)
	must(manager.Remove(ctx, field.Key), "remove a custom field")
	fmt.Println("custom fields")
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := connect(ctx)
	fmt.Println("logged in to", c.ServiceContent.About.FullName)

	var vms []mo.VirtualMachine
	var hosts []mo.HostSystem
	var datastores []mo.Datastore
	var folders []mo.Folder
	var clusters []mo.ClusterComputeResource
	var pools []mo.ResourcePool
	var networks []mo.Network
	fmt.Println("read whole:", readAll(ctx, c, "VirtualMachine", &vms), "VMs,",
		readAll(ctx, c, "HostSystem", &hosts), "hosts,",
		readAll(ctx, c, "Datastore", &datastores), "datastores,",
		readAll(ctx, c, "Folder", &folders), "folders,",
		readAll(ctx, c, "ClusterComputeResource", &clusters), "clusters,",
		readAll(ctx, c, "ResourcePool", &pools), "pools,",
		readAll(ctx, c, "Network", &networks), "networks")
	want(len(vms) > 0 && len(hosts) > 0 && len(datastores) > 0 && len(clusters) > 0, "too little")
	for _, vm := range vms {
		want(vm.Config != nil && len(vm.Config.Hardware.Device) > 0, "VM %s has no device", vm.Name)
	}
	for _, host := range hosts {
		want(host.Config != nil && host.Config.StorageDevice != nil, "host %s has no storage",
			host.Name)
	}

	finder := find.NewFinder(c.Client, true)
	dc, err := finder.DefaultDatacenter(ctx)
	must(err, "datacenter")
	finder.SetDatacenter(dc)
	found, err := finder.VirtualMachineList(ctx, "*")
	must(err, "VMs by path")
	want(len(found) > 0, "no VM by path")
	systems, err := finder.HostSystemList(ctx, "*/*")
	must(err, "hosts by path")
	index := object.NewSearchIndex(c.Client)
	again, err := index.FindByInventoryPath(ctx, found[0].InventoryPath)
	must(err, "by inventory path")
	want(again.Reference() == found[0].Reference(), "%v is not %v", again, found[0])
	byUUID, err := index.FindByUuid(ctx, dc, found[0].UUID(ctx), true, nil)
	must(err, "by UUID")
	want(byUUID != nil && byUUID.Reference() == found[0].Reference(), "by UUID: %v", byUUID)

	powerCycle(ctx, c, found[0])
	moveWithSnapshot(ctx, c, finder, found[0])
	customFields(ctx, c, found[0])
	hostSystems(ctx, c, systems[0])

	events, err := event.NewManager(c.Client).QueryEvents(ctx, types.EventFilterSpec{})
	must(err, "events")
	want(len(events) > 2, "%d events", len(events))
	fmt.Println("decoded", len(events), "events")
	must(c.Logout(ctx), "logout")
	fmt.Println("passed")
}
