#pragma once
// What a trusted client puts into the SOAP body for each call, as facts to compare with: element
// names, order, xsi:type. The receiver is part of it; attributes that only name a version are not.

#include <array>
#include <string_view>
#include <utility>

namespace pf::vim::test {

inline constexpr std::array<std::pair<std::string_view, std::string_view>, 43> kExpectedRequests{{
    {"AnswerVM",
     R"(<AnswerVM xmlns="urn:vim25"><_this type="VirtualMachine">vm-100</_this><questionId>1)"
     R"(</questionId><answerChoice>2</answerChoice></AnswerVM>)"},
    {"AttachScsiLun",
     R"(<AttachScsiLun xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
     R"(</_this><lunUuid>0200000000aa</lunUuid></AttachScsiLun>)"},
    {"ConnectNvmeController",
     R"(<ConnectNvmeController xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><connectSpec>)"
     R"(<hbaName>vmhba64</hbaName><transportParameters xsi:type="HostNvmeOverTcpParameters">)"
     R"(<address>192.0.2.10</address><portNumber>4420</portNumber>)"
     R"(<digestVerification>headerAndData</digestVerification></transportParameters>)"
     R"(<subnqn>nqn.2014-08.org.nvmexpress:uuid:6f2d</subnqn><controllerId>65535)"
     R"(</controllerId><adminQueueSize>32</adminQueueSize><keepAliveTimeout>30)"
     R"(</keepAliveTimeout></connectSpec></ConnectNvmeController>)"},
    {"ConnectNvmeControllerEx_Task",
     R"(<ConnectNvmeControllerEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><connectSpec>)"
     R"(<hbaName>vmhba64</hbaName><transportParameters xsi:type="HostNvmeOverTcpParameters">)"
     R"(<address>192.0.2.10</address><portNumber>4420</portNumber>)"
     R"(<digestVerification>headerAndData</digestVerification></transportParameters>)"
     R"(<subnqn>nqn.2014-08.org.nvmexpress:uuid:6f2d</subnqn><controllerId>65535)"
     R"(</controllerId><adminQueueSize>32</adminQueueSize><keepAliveTimeout>30)"
     R"(</keepAliveTimeout></connectSpec></ConnectNvmeControllerEx_Task>)"},
    {"CreateNvmeOverRdmaAdapter",
     R"(<CreateNvmeOverRdmaAdapter xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><rdmaDeviceName>vmrdma0)"
     R"(</rdmaDeviceName></CreateNvmeOverRdmaAdapter>)"},
    {"CreateSoftwareAdapter-tcp",
     R"(<CreateSoftwareAdapter xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<spec xsi:type="HostTcpHbaCreateSpec"><pnic>vmnic0</pnic></spec>)"
     R"(</CreateSoftwareAdapter>)"},
    {"CreateVmfsDatastore",
     R"(<CreateVmfsDatastore xmlns="urn:vim25">)"
     R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this><spec>)"
     R"(<diskUuid>0200000000aa</diskUuid><partition><partitionFormat>gpt</partitionFormat>)"
     R"(<chs><cylinder>0</cylinder><head>0</head><sector>0</sector></chs>)"
     R"(<totalSectors>4194304</totalSectors><partition><partition>1</partition>)"
     R"(<startSector>2048</startSector><endSector>4192255</endSector><type>vmfs</type>)"
     R"(<logical>false</logical><attributes>0</attributes></partition></partition><vmfs>)"
     R"(<extent><diskName>eui.00112233445566778899aabbccddeeff</diskName><partition>1)"
     R"(</partition></extent><blockSizeMb>1</blockSizeMb><majorVersion>6</majorVersion>)"
     R"(<volumeName>nvme-ds1</volumeName></vmfs></spec></CreateVmfsDatastore>)"},
    {"DeleteScsiLunState",
     R"(<DeleteScsiLunState xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><lunCanonicalName>naa.600)"
     R"(</lunCanonicalName></DeleteScsiLunState>)"},
    {"DeleteVmfsVolumeState",
     R"(<DeleteVmfsVolumeState xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<vmfsUuid>5bea843b-38514660-fb37-ac1f6b752afc</vmfsUuid></DeleteVmfsVolumeState>)"},
    {"DeselectVnicForNicType-nvmeTcp",
     R"(<DeselectVnicForNicType xmlns="urn:vim25">)"
     R"(<_this type="HostVirtualNicManager">virtualNicManager-21</_this><nicType>nvmeTcp)"
     R"(</nicType><device>vmk2</device></DeselectVnicForNicType>)"},
    {"DestroyDatastore",
     R"(<DestroyDatastore xmlns="urn:vim25"><_this type="Datastore">datastore-92</_this>)"
     R"(</DestroyDatastore>)"},
    {"DetachScsiLun",
     R"(<DetachScsiLun xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
     R"(</_this><lunUuid>0200000000aa</lunUuid></DetachScsiLun>)"},
    {"DetachScsiLunEx_Task",
     R"(<DetachScsiLunEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><lunUuid>0200000000aa)"
     R"(</lunUuid></DetachScsiLunEx_Task>)"},
    {"DisconnectNvmeController",
     R"(<DisconnectNvmeController xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><disconnectSpec>)"
     R"(<hbaName>vmhba64</hbaName><subnqn>nqn.2014-08.org.nvmexpress:uuid:6f2d</subnqn>)"
     R"(<controllerNumber>301</controllerNumber></disconnectSpec></DisconnectNvmeController>)"},
    {"DisconnectNvmeControllerEx_Task",
     R"(<DisconnectNvmeControllerEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><disconnectSpec>)"
     R"(<hbaName>vmhba64</hbaName><controllerNumber>301</controllerNumber></disconnectSpec>)"
     R"(</DisconnectNvmeControllerEx_Task>)"},
    {"DiscoverNvmeControllers",
     R"(<DiscoverNvmeControllers xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><discoverSpec>)"
     R"(<hbaName>vmhba64</hbaName><transportParameters xsi:type="HostNvmeOverTcpParameters">)"
     R"(<address>192.0.2.10</address><portNumber>8009</portNumber>)"
     R"(<digestVerification>headerAndData</digestVerification></transportParameters>)"
     R"(<rootDiscoveryController>true</rootDiscoveryController></discoverSpec>)"
     R"(</DiscoverNvmeControllers>)"},
    {"MountVmfsVolume",
     R"(<MountVmfsVolume xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
     R"(</_this><vmfsUuid>5bea843b-38514660-fb37-ac1f6b752afc</vmfsUuid></MountVmfsVolume>)"},
    {"MountVmfsVolumeEx_Task",
     R"(<MountVmfsVolumeEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<vmfsUuid>5bea843b-38514660-fb37-ac1f6b752afc</vmfsUuid></MountVmfsVolumeEx_Task>)"},
    {"PowerOffVM_Task",
     R"(<PowerOffVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-100</_this>)"
     R"(</PowerOffVM_Task>)"},
    {"QueryAvailableDisksForVmfs", R"(<QueryAvailableDisksForVmfs xmlns="urn:vim25">)"
                                   R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this>)"
                                   R"(</QueryAvailableDisksForVmfs>)"},
    {"QueryNetConfig-nvmeTcp",
     R"(<QueryNetConfig xmlns="urn:vim25">)"
     R"(<_this type="HostVirtualNicManager">virtualNicManager-21</_this><nicType>nvmeTcp)"
     R"(</nicType></QueryNetConfig>)"},
    {"QueryUnresolvedVmfsVolume-storageSystem",
     R"(<QueryUnresolvedVmfsVolume xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this></QueryUnresolvedVmfsVolume>)"},
    {"QueryUnresolvedVmfsVolumes", R"(<QueryUnresolvedVmfsVolumes xmlns="urn:vim25">)"
                                   R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this>)"
                                   R"(</QueryUnresolvedVmfsVolumes>)"},
    {"QueryVmfsDatastoreCreateOptions",
     R"(<QueryVmfsDatastoreCreateOptions xmlns="urn:vim25">)"
     R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this>)"
     R"(<devicePath>/vmfs/devices/disks/eui.0011</devicePath><vmfsMajorVersion>6)"
     R"(</vmfsMajorVersion></QueryVmfsDatastoreCreateOptions>)"},
    {"RefreshStorageSystem",
     R"(<RefreshStorageSystem xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this></RefreshStorageSystem>)"},
    {"RegisterVM_Task",
     R"(<RegisterVM_Task xmlns="urn:vim25"><_this type="Folder">group-v3</_this>)"
     R"(<path>[nvme-ds1] vm1/vm1.vmx</path><name>vm1</name><asTemplate>false</asTemplate>)"
     R"(<pool type="ResourcePool">resgroup-8</pool><host type="HostSystem">host-21</host>)"
     R"(</RegisterVM_Task>)"},
    {"ReloadVirtualMachineFromPath_Task",
     R"(<reloadVirtualMachineFromPath_Task xmlns="urn:vim25">)"
     R"(<_this type="VirtualMachine">vm-100</_this><configurationPath>[x] a/a.vmx)"
     R"(</configurationPath></reloadVirtualMachineFromPath_Task>)"},
    {"RelocateVM_Task-disk-locators",
     R"(<RelocateVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-100</_this><spec>)"
     R"(<datastore type="Datastore">datastore-92</datastore><disk><diskId>2000</diskId>)"
     R"(<datastore type="Datastore">datastore-92</datastore>)"
     R"(<diskBackingInfo xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName></fileName>)"
     R"(<diskMode>persistent</diskMode><thinProvisioned>true</thinProvisioned>)"
     R"(</diskBackingInfo></disk></spec></RelocateVM_Task>)"},
    {"RelocateVM_Task-ds",
     R"(<RelocateVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-100</_this><spec>)"
     R"(<datastore type="Datastore">datastore-92</datastore></spec><priority>defaultPriority)"
     R"(</priority></RelocateVM_Task>)"},
    {"RemoveDatastore",
     R"(<RemoveDatastore xmlns="urn:vim25">)"
     R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this>)"
     R"(<datastore type="Datastore">datastore-92</datastore></RemoveDatastore>)"},
    {"RemoveSoftwareAdapter",
     R"(<RemoveSoftwareAdapter xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><hbaDeviceName>vmhba64)"
     R"(</hbaDeviceName></RemoveSoftwareAdapter>)"},
    {"RenameDatastore",
     R"(<RenameDatastore xmlns="urn:vim25"><_this type="Datastore">datastore-92</_this>)"
     R"(<newName>x</newName></RenameDatastore>)"},
    {"RescanAllHba",
     R"(<RescanAllHba xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
     R"(</_this></RescanAllHba>)"},
    {"RescanHba", R"(<RescanHba xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
                  R"(</_this><hbaDevice>vmhba64</hbaDevice></RescanHba>)"},
    {"RescanVmfs",
     R"(<RescanVmfs xmlns="urn:vim25"><_this type="HostStorageSystem">storageSystem-21)"
     R"(</_this></RescanVmfs>)"},
    {"ResignatureUnresolvedVmfsVolume_Task",
     R"(<ResignatureUnresolvedVmfsVolume_Task xmlns="urn:vim25">)"
     R"(<_this type="HostDatastoreSystem">datastoreSystem-21</_this><resolutionSpec>)"
     R"(<extentDevicePath>/vmfs/devices/disks/eui.00112233445566778899aabbccddeeff:1)"
     R"(</extentDevicePath></resolutionSpec></ResignatureUnresolvedVmfsVolume_Task>)"},
    {"ResolveMultipleUnresolvedVmfsVolumes-forceMount",
     R"(<ResolveMultipleUnresolvedVmfsVolumes xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><resolutionSpec>)"
     R"(<extentDevicePath>/vmfs/devices/disks/eui.00112233445566778899aabbccddeeff:1)"
     R"(</extentDevicePath><uuidResolution>forceMount</uuidResolution></resolutionSpec>)"
     R"(</ResolveMultipleUnresolvedVmfsVolumes>)"},
    {"ResolveMultipleUnresolvedVmfsVolumesEx_Task-forceMount",
     R"(<ResolveMultipleUnresolvedVmfsVolumesEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this><resolutionSpec>)"
     R"(<extentDevicePath>/vmfs/devices/disks/eui.00112233445566778899aabbccddeeff:1)"
     R"(</extentDevicePath><uuidResolution>forceMount</uuidResolution></resolutionSpec>)"
     R"(</ResolveMultipleUnresolvedVmfsVolumesEx_Task>)"},
    {"SelectVnicForNicType-nvmeTcp",
     R"(<SelectVnicForNicType xmlns="urn:vim25">)"
     R"(<_this type="HostVirtualNicManager">virtualNicManager-21</_this><nicType>nvmeTcp)"
     R"(</nicType><device>vmk2</device></SelectVnicForNicType>)"},
    {"SetMultipathLunPolicy",
     R"(<SetMultipathLunPolicy xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<lunId>key-vim.host.MultipathInfo.LogicalUnit-x</lunId><policy><policy>VMW_PSP_RR)"
     R"(</policy></policy></SetMultipathLunPolicy>)"},
    {"UnmountVmfsVolume",
     R"(<UnmountVmfsVolume xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<vmfsUuid>5bea843b-38514660-fb37-ac1f6b752afc</vmfsUuid></UnmountVmfsVolume>)"},
    {"UnmountVmfsVolumeEx_Task",
     R"(<UnmountVmfsVolumeEx_Task xmlns="urn:vim25">)"
     R"(<_this type="HostStorageSystem">storageSystem-21</_this>)"
     R"(<vmfsUuid>5bea843b-38514660-fb37-ac1f6b752afc</vmfsUuid></UnmountVmfsVolumeEx_Task>)"},
    {"UnregisterVM",
     R"(<UnregisterVM xmlns="urn:vim25"><_this type="VirtualMachine">vm-100</_this>)"
     R"(</UnregisterVM>)"},
}};

} // namespace pf::vim::test
