#include "tests/bench/vsphere/vm_page.hpp"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace pf::vim::bench {

namespace {

class Page {
  public:
    std::string take() { return std::move(out_); }

    void open() {
        out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope "
                "xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" "
                "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n"
                "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>";
    }
    void close() {
        out_ += "</returnval></RetrievePropertiesExResponse>\n</soapenv:Body>\n</soapenv:Envelope>";
    }
    void vm(size_t n) {
        fmt::format_to(to(), "<objects><obj type=\"VirtualMachine\">vm-{}</obj>", n);
        text("name", fmt::format("app-{:05} &amp; web tier", n));
        text("config.annotation", "Owner: platform &lt;team@example.com&gt;\nNightly backup");
        text("config.changeVersion", "2026-10-01T08:15:30.123456Z");
        text("config.guestId", "rhel9_64Guest");
        text("config.uuid", fmt::format("4210{:04x}-1111-2222-3333-{:012x}", n & 0xFFFF, n));
        text("config.instanceUuid",
             fmt::format("5010{:04x}-aaaa-bbbb-cccc-{:012x}", n & 0xFFFF, n));
        text("config.version", "vmx-21");
        text("config.swapPlacement", "inherit");
        typed("config.template", "xsd:boolean", "false");
        typed("config.changeTrackingEnabled", "xsd:boolean", "true");
        typed("config.hardware.memoryMB", "xsd:int", "16384");
        typed("config.hardware.numCPU", "xsd:int", "4");
        fmt::format_to(to(),
                       "<propSet><name>config.files</name><val xsi:type=\"VirtualMachineFileInfo\">"
                       "<vmPathName>[pf-ds-{0:03}] app-{1:05}/app-{1:05}.vmx</vmPathName>"
                       "<snapshotDirectory>[pf-ds-{0:03}] app-{1:05}/</snapshotDirectory>"
                       "<suspendDirectory>[pf-ds-{0:03}] app-{1:05}/</suspendDirectory>"
                       "<logDirectory>[pf-ds-{0:03}] app-{1:05}/</logDirectory></val></propSet>",
                       n % 1000, n);
        devices(n);
        extra_config(n);
        fmt::format_to(to(),
                       "<propSet><name>datastore</name><val "
                       "xsi:type=\"ArrayOfManagedObjectReference\"><ManagedObjectReference "
                       "type=\"Datastore\" xsi:type=\"ManagedObjectReference\">datastore-{}"
                       "</ManagedObjectReference></val></propSet>",
                       n % 1000);
        typed("guest.toolsRunningStatus", "xsd:string", "guestToolsRunning");
        typed("guestHeartbeatStatus", "ManagedEntityStatus", "green");
        files(n);
        ref("parent", "Folder", "group-v3");
        ref("resourcePool", "ResourcePool", "resgroup-9");
        typed("runtime.connectionState", "VirtualMachineConnectionState", "connected");
        typed("runtime.consolidationNeeded", "xsd:boolean", "false");
        typed("runtime.faultToleranceState", "VirtualMachineFaultToleranceState", "notConfigured");
        ref("runtime.host", "HostSystem", fmt::format("host-{}", n % 64));
        typed("runtime.powerState", "VirtualMachinePowerState", "poweredOn");
        fmt::format_to(
            to(),
            "<propSet><name>storage.perDatastoreUsage</name><val "
            "xsi:type=\"ArrayOfVirtualMachineUsageOnDatastore\">"
            "<VirtualMachineUsageOnDatastore "
            "xsi:type=\"VirtualMachineUsageOnDatastore\"><datastore "
            "type=\"Datastore\">datastore-{}</datastore><committed>43210987654</committed>"
            "<uncommitted>12345678901</uncommitted><unshared>43210987654</unshared>"
            "</VirtualMachineUsageOnDatastore></val></propSet></objects>",
            n % 1000);
    }

  private:
    std::back_insert_iterator<std::string> to() { return std::back_inserter(out_); }
    void typed(std::string_view name, std::string_view type, std::string_view value) {
        fmt::format_to(to(), "<propSet><name>{}</name><val xsi:type=\"{}\">{}</val></propSet>",
                       name, type, value);
    }
    void text(std::string_view name, std::string_view value) { typed(name, "xsd:string", value); }
    void ref(std::string_view name, std::string_view type, std::string_view id) {
        fmt::format_to(to(),
                       "<propSet><name>{}</name><val type=\"{}\" "
                       "xsi:type=\"ManagedObjectReference\">{}</val></propSet>",
                       name, type, id);
    }
    void device(std::string_view type, int key, std::string_view label, std::string_view rest) {
        fmt::format_to(to(),
                       "<VirtualDevice xsi:type=\"{}\"><key>{}</key><deviceInfo><label>{}</label>"
                       "<summary>{}</summary></deviceInfo>{}</VirtualDevice>",
                       type, key, label, label, rest);
    }
    void devices(size_t n) {
        out_ += "<propSet><name>config.hardware.device</name><val "
                "xsi:type=\"ArrayOfVirtualDevice\">";
        device("VirtualIDEController", 200, "IDE 0", "<busNumber>0</busNumber>");
        device("VirtualIDEController", 201, "IDE 1", "<busNumber>1</busNumber>");
        device("VirtualPS2Controller", 300, "PS2 controller 0",
               "<busNumber>0</busNumber><device>600</device><device>700</device>");
        device("VirtualPCIController", 100, "PCI controller 0",
               "<busNumber>0</busNumber><device>500</device><device>12000</device>"
               "<device>1000</device><device>4000</device>");
        device("VirtualKeyboard", 600, "Keyboard",
               "<controllerKey>300</controllerKey><unitNumber>0</unitNumber>");
        device("VirtualMachineVideoCard", 500, "Video card",
               "<controllerKey>100</controllerKey><unitNumber>0</unitNumber>"
               "<videoRamSizeInKB>4096</videoRamSizeInKB><numDisplays>1</numDisplays>"
               "<useAutoDetect>false</useAutoDetect><enable3DSupport>false</enable3DSupport>"
               "<use3dRenderer>automatic</use3dRenderer>");
        device("ParaVirtualSCSIController", 1000, "SCSI controller 0",
               "<controllerKey>100</controllerKey><unitNumber>3</unitNumber>"
               "<busNumber>0</busNumber><device>2000</device><device>2001</device>"
               "<hotAddRemove>true</hotAddRemove><sharedBus>noSharing</sharedBus>"
               "<scsiCtlrUnitNumber>7</scsiCtlrUnitNumber>");
        device("VirtualCdrom", 16000, "CD/DVD drive 1",
               "<backing xsi:type=\"VirtualCdromRemotePassthroughBackingInfo\"><deviceName/>"
               "<useAutoDetect>false</useAutoDetect><exclusive>false</exclusive></backing>"
               "<connectable><startConnected>false</startConnected>"
               "<allowGuestControl>true</allowGuestControl><connected>false</connected>"
               "<status>untried</status></connectable><controllerKey>15000</controllerKey>"
               "<unitNumber>0</unitNumber>");
        device("VirtualVmxnet3", 4000, "Network adapter 1",
               "<backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port>"
               "<switchUuid>50 10 2a 3b 4c 5d 6e 7f-80 91 a2 b3 c4 d5 e6 f7</switchUuid>"
               "<portgroupKey>dvportgroup-1021</portgroupKey><portKey>42</portKey>"
               "<connectionCookie>1234567</connectionCookie></port></backing><connectable>"
               "<startConnected>true</startConnected><allowGuestControl>true</allowGuestControl>"
               "<connected>true</connected><status>ok</status></connectable>"
               "<controllerKey>100</controllerKey><unitNumber>7</unitNumber>"
               "<addressType>assigned</addressType><macAddress>00:50:56:90:12:34</macAddress>"
               "<wakeOnLanEnabled>true</wakeOnLanEnabled>");
        for (int disk = 0; disk < 2; ++disk) {
            device(
                "VirtualDisk", 2000 + disk, fmt::format("Hard disk {}", disk + 1),
                fmt::format(
                    "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>[pf-ds-{0:03}] "
                    "app-{1:05}/app-{1:05}_{2}.vmdk</fileName><datastore "
                    "type=\"Datastore\">datastore-{0}</datastore>"
                    "<backingObjectId></backingObjectId><diskMode>persistent</diskMode>"
                    "<split>false</split><writeThrough>false</writeThrough>"
                    "<thinProvisioned>true</thinProvisioned>"
                    "<uuid>6000C29a-1234-5678-9abc-{1:08x}{2:04x}</uuid>"
                    "<contentId>0123456789abcdef01234567fffffffe</contentId>"
                    "<digestEnabled>false</digestEnabled><sharing>sharingNone</sharing></backing>"
                    "<controllerKey>1000</controllerKey><unitNumber>{2}</unitNumber>"
                    "<capacityInKB>104857600</capacityInKB>"
                    "<capacityInBytes>107374182400</capacityInBytes><shares><shares>1000</shares>"
                    "<level>normal</level></shares><storageIOAllocation><limit>-1</limit><shares>"
                    "<shares>1000</shares><level>normal</level></shares><reservation>0</"
                    "reservation>"
                    "</storageIOAllocation><diskObjectId>{1}-{2}</diskObjectId>"
                    "<nativeUnmanagedLinkedClone>false</nativeUnmanagedLinkedClone>",
                    n % 1000, n, disk));
        }
        out_ += "</val></propSet>";
    }
    void extra_config(size_t n) {
        static constexpr std::array<std::string_view, 8> kKeys = {"nvram",
                                                                  "pciBridge0.present",
                                                                  "svga.present",
                                                                  "sched.cpu.latencySensitivity",
                                                                  "tools.guest.desktop.autolock",
                                                                  "disk.EnableUUID",
                                                                  "monitor.phys_bits_used",
                                                                  "guestInfo.detailed.data"};
        out_ += "<propSet><name>config.extraConfig</name><val xsi:type=\"ArrayOfOptionValue\">";
        for (size_t i = 0; i < 40; ++i)
            fmt::format_to(to(),
                           "<OptionValue xsi:type=\"OptionValue\"><key>{}{}</key><value "
                           "xsi:type=\"xsd:string\">{}</value></OptionValue>",
                           kKeys[i % kKeys.size()], i, n * i % 4096);
        out_ += "</val></propSet>";
    }
    void files(size_t n) {
        static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kFiles = {
            {{"vmx", "config"},
             {"vmsd", "snapshotList"},
             {"nvram", "nvram"},
             {"vmdk", "diskDescriptor"},
             {"-flat.vmdk", "diskExtent"},
             {"vswp", "swap"},
             {"log", "log"},
             {"vmxf", "extendedConfig"}}};
        out_ += "<propSet><name>layoutEx.file</name><val "
                "xsi:type=\"ArrayOfVirtualMachineFileLayoutExFileInfo\">";
        for (size_t i = 0; i < 12; ++i)
            fmt::format_to(to(),
                           "<VirtualMachineFileLayoutExFileInfo "
                           "xsi:type=\"VirtualMachineFileLayoutExFileInfo\"><key>{0}</key>"
                           "<name>[pf-ds-{1:03}] app-{2:05}/app-{2:05}.{3}</name><type>{4}</type>"
                           "<size>{5}</size><uniqueSize>{5}</uniqueSize>"
                           "<backingObjectId></backingObjectId><accessible>true</accessible>"
                           "</VirtualMachineFileLayoutExFileInfo>",
                           i, n % 1000, n, kFiles[i % kFiles.size()].first,
                           kFiles[i % kFiles.size()].second, 1024 * (n + i));
        out_ += "</val></propSet>";
    }

    std::string out_;
};

} // namespace

std::string vm_page(size_t vms, size_t first) {
    Page page;
    page.open();
    for (size_t n = 0; n < vms; ++n)
        page.vm(first + n);
    page.close();
    return page.take();
}

} // namespace pf::vim::bench
