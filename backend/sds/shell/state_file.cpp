#include "backend/sds/shell/state_file.hpp"

#include "backend/map/ids.hpp"
#include "base/file.hpp"
#include "base/json.hpp"

namespace pf::sds {

namespace {
std::string path_of(const std::string& dir) { return dir + "/sds-state.json"; }
} // namespace

Result<StateFile> StateFile::load(const std::string& dir) {
    PF_CHECK(make_dirs(dir));
    auto text = read_file(path_of(dir));
    if (!text) {
        if (text.error().code == Errc::NotFound) {
            return StateFile{};
        }
        return fail(std::move(text).error());
    }
    PF_TRY(const json::value parsed, parse_json(*text));
    if (!parsed.is_object()) {
        return fail(Errc::Corrupt, "{} is not a JSON object", path_of(dir));
    }
    const json::object& object = parsed.as_object();
    StateFile state;
    PF_TRY(const std::string system, json_str(object, "system"));
    PF_TRY(const std::string sds, json_str(object, "sds"));
    PF_TRY(state.system, map::parse_hex16(system));
    PF_TRY(state.sds, map::parse_hex16(sds));
    PF_TRY(state.clean, json_bool(object, "clean"));
    return state;
}

Result<void> StateFile::save(const std::string& dir) const {
    json::object object;
    object["system"] = map::hex16(system);
    object["sds"] = map::hex16(sds);
    object["clean"] = clean;
    return write_file_atomic(path_of(dir), canonical_json(object), 0600);
}

} // namespace pf::sds
