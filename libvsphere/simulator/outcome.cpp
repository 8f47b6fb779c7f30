#include "libvsphere/simulator/outcome.hpp"

#include <fmt/format.h>

namespace pf::vim::sim {

tl::unexpected<Fault> raise(std::string_view type, std::string message, std::vector<Field> fields) {
    Fault fault;
    fault.message = std::move(message);
    fault.detail = DataObject(std::string(type), std::move(fields));
    return tl::unexpected<Fault>(std::move(fault));
}

tl::unexpected<Fault> raise_invalid_argument(std::string_view property, std::string message) {
    return raise("InvalidArgument", "A specified parameter was not correct: " + message,
                 {{"invalidProperty", Value(property)}});
}

tl::unexpected<Fault> raise_not_found(std::string message) {
    if (message.empty()) {
        message = "The object or item referred to could not be found.";
    }
    return raise("NotFound", std::move(message));
}

tl::unexpected<Fault> raise_in_use(std::string_view type, std::string_view name,
                                   std::string message) {
    return raise("ResourceInUse", std::move(message),
                 {{"type", Value(type)}, {"name", Value(name)}});
}

tl::unexpected<Fault> raise_missing_object(const MoRef& object) {
    return raise("ManagedObjectNotFound",
                 fmt::format("The object '{}:{}' has already been deleted or has not been "
                             "completely created",
                             object.type, object.id),
                 {{"obj", Value(object)}});
}

tl::unexpected<Fault> raise_storage(const Error& error, std::string_view file) {
    const Value name(file);
    switch (error.code) {
    case Errc::NoSpace:
        return raise("NoDiskSpace", "Insufficient disk space on datastore: " + error.what,
                     {{"file", name}, {"datastore", Value(file)}});
    case Errc::NotFound:
        return raise("FileNotFound", fmt::format("File {} was not found", file), {{"file", name}});
    case Errc::AlreadyExists:
        return raise("FileAlreadyExists", fmt::format("File {} exists", file), {{"file", name}});
    case Errc::Busy:
        return raise("FileLocked", fmt::format("Unable to access file {} since it is locked", file),
                     {{"file", name}});
    default:
        return raise("PlatformConfigFault",
                     "An error occurred during host configuration: " + error.what,
                     {{"text", Value(error.what)}});
    }
}

} // namespace pf::vim::sim
