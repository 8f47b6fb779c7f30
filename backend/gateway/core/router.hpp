// From method, path and body to an answer: the REST surface under /api, without HTTP, TLS or users.
//
// resolve() is pure and says what a request is about and whether it would change anything, so that
// roles can be checked and audits written before run() does it. Thread-safe: no state but the
// borrowed MdmApi.
#pragma once

#include "backend/gateway/core/object_type.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pf::gateway {

struct Route {
    enum class Kind {
        Everything,       // GET /api/instances
        List,             // GET /api/types/T/instances
        EmptyList,        // the same for types that this system never has
        Create,           // POST /api/types/T/instances
        IdByKey,          // POST /api/types/T/instances/action/queryIdByKey
        BySelectedIds,    // … queryBySelectedIds
        TypeStatistics,   // … querySelectedStatistics
        LegacyLookup,     // GET /api/types/T/instances/getByName::… (getByIp::…)
        GlobalStatistics, // POST /api/instances/querySelectedStatistics
        Instance,         // GET /api/instances/T::id
        Statistics,       // GET /api/instances/T::id/relationships/Statistics
        Related,          // GET /api/instances/T::id/relationships/R
        Action,           // POST /api/instances/T::id/action/A
    };
    Kind kind = Kind::Everything;
    const ObjectType* type = nullptr;
    std::uint64_t id = 0;
    bool whole_system = false; // "System" without an id
    const Relationship* relationship = nullptr;
    const Action* action = nullptr;
    std::string key; // of a legacy look-up

    [[nodiscard]] bool changes() const {
        return kind == Kind::Create || (kind == Kind::Action && !action->query);
    }
};

// `raw_path` is percent-encoded, without the query. 404 for what does not exist, 400 for a bad id.
[[nodiscard]] ApiResult<Route> resolve(std::string_view method, std::string_view raw_path);

class Router {
  public:
    Router(MdmApi& mdm, SiteFacts facts) : mdm_(mdm), facts_(std::move(facts)) {}

    // `body`: JSON object or nothing.
    [[nodiscard]] Reply run(const Route& route, std::string_view body);
    [[nodiscard]] ApiResult<View> view();
    [[nodiscard]] const SiteFacts& facts() const { return facts_; }

  private:
    [[nodiscard]] Reply run_parsed(const Route& route, const View& view, const Input& in);

    MdmApi& mdm_;
    const SiteFacts facts_;
};

} // namespace pf::gateway
