// Faults: the hierarchy that typed errors are decided by, and the fields worth telling.

#include "libvsphere/wire/schema_tables.hpp"

namespace pf::vim {

const std::string_view kSchemaFaults = R"(
data MethodFault { faultCause:LocalizedMethodFault? faultMessage:LocalizableMessage[]? }
data RuntimeFault : MethodFault { }
data VimFault : MethodFault { }
data NotAuthenticated : NoPermission { }
data NoPermission : SecurityError { object:ManagedObjectReference privilegeId:string
  missingPrivileges:NoPermissionEntityPrivileges[]?@7.0.3.2 }
data NoPermissionEntityPrivileges : DynamicData @7.0.3.2 { entity:ManagedObjectReference
  privilegeIds:string[]? }
data SecurityError : RuntimeFault { }
data InvalidRequest : RuntimeFault { }
data InvalidType : InvalidRequest { argument:string? }
data ManagedObjectNotFound : RuntimeFault { obj:ManagedObjectReference }
data MethodNotFound : InvalidRequest { receiver:ManagedObjectReference method:string }
data MethodDisabled : RuntimeFault { source:string? }
data InvalidArgument : RuntimeFault { invalidProperty:string? }
data InvalidProperty : MethodFault { name:string }
data InvalidCollectorVersion : MethodFault { }
data NotSupported : RuntimeFault { }
data NotImplemented : RuntimeFault { }
data UnexpectedFault : RuntimeFault { faultName:TypeName fault:LocalizedMethodFault? }
data RequestCanceled : RuntimeFault { }
data SystemError : RuntimeFault { reason:string }
data HostCommunication : RuntimeFault { }
data HostNotConnected : HostCommunication { }
data HostNotReachable : HostCommunication { }
data NotEnoughLicenses : RuntimeFault { }
data RestrictedVersion : SecurityError { }
data InvalidLogin : VimFault { }
data InvalidLocale : VimFault { }
data NoClientCertificate : VimFault { }
data PasswordExpired : InvalidLogin { }
data NotFound : VimFault { }
data AlreadyExists : VimFault { name:string? }
data DuplicateName : VimFault { name:string object:ManagedObjectReference }
data InvalidName : VimFault { name:string entity:ManagedEntity? }
data HostConfigFault : VimFault { }
data HostConfigFailed : HostConfigFault { failure:LocalizedMethodFault[] }
data PlatformConfigFault : HostConfigFault { text:string }
data VmfsMountFault : HostConfigFault { uuid:string }
data VmfsAlreadyMounted : VmfsMountFault { }
data VmfsAmbiguousMount : VmfsMountFault { }
data ResourceInUse : VimFault { type:TypeName? name:string? }
data ResourceNotAvailable : VimFault { containerType:TypeName? containerName:string?
  type:TypeName? }
data InvalidState : VimFault { }
data InvalidPowerState : InvalidState { requestedState:VirtualMachinePowerState?
  existingState:VirtualMachinePowerState }
data InvalidHostState : InvalidState { host:HostSystem? }
data InvalidHostConnectionState : InvalidHostState { }
data InvalidVmState : InvalidState { vm:VirtualMachine@6.5 }
data ToolsUnavailable : VimFault { }
data TaskInProgress : VimFault { task:Task }
data Timedout : VimFault { }
data ConcurrentAccess : VimFault { }
data OutOfBounds : VimFault { argumentName:TypeName }
data InvalidFolder : VimFault { target:ManagedEntity }
data LimitExceeded : VimFault { property:PropertyPath? limit:int? }
data InvalidDatastore : VimFault { datastore:Datastore? name:string? }
data InaccessibleDatastore : InvalidDatastore { detail:string? }
data InvalidDatastorePath : InvalidDatastore { datastorePath:string }
data InvalidDatastoreState : InvalidState { datastoreName:string? }
data DatastoreNotWritableOnHost : InvalidDatastore { host:HostSystem }
data FileFault : VimFault { file:string }
data FileNotFound : FileFault { }
data FileAlreadyExists : FileFault { }
data FileLocked : FileFault { }
data CannotAccessFile : FileFault { }
data CannotCreateFile : FileFault { }
data CannotDeleteFile : FileFault { }
data NoDiskSpace : FileFault { datastore:string }
data FileTooLarge : FileFault { datastore:string fileSize:long maxFileSize:long? }
data InsufficientResourcesFault : VimFault { }
data InsufficientStorageSpace : InsufficientResourcesFault { }
data MigrationFault : VimFault { }
data MigrationFeatureNotSupported : MigrationFault { atSourceHost:boolean failedHostName:string
  failedHost:HostSystem }
data StorageVMotionNotSupported : MigrationFeatureNotSupported { }
data DisksNotSupported : VmConfigFault { }
data VmConfigFault : VimFault { }
data InvalidVmConfig : VmConfigFault { property:PropertyPath? }
data VirtualHardwareCompatibilityIssue : VmConfigFault { }
data DeviceNotSupported : VirtualHardwareCompatibilityIssue { device:string reason:string? }
data RawDiskNotSupported : DeviceNotSupported { }
data DeltaDiskFormatNotSupported : VmConfigFault { datastore:Datastore[]? deltaDiskFormat:string }
data SharedBusControllerNotSupported : DeviceNotSupported { }
data DisallowedMigrationDeviceAttached : MigrationFault { fault:LocalizedMethodFault }
data SnapshotFault : VimFault { }
data LicenseExpired : NotEnoughLicenses { licenseKey:string }
data GenericVmConfigFault : VmConfigFault { reason:string }
data CustomizationFault : VimFault { }
data EsxCLICLIFault : MethodFault { errMsg:string[] }
)";

} // namespace pf::vim
