// What the planner's tests share: small intents, and how they are compiled.
#pragma once

#include "tests/support/pfnvme/estate.hpp"
#include "tools/pfnvme/plan/compile.hpp"
#include "tools/pfnvme/plan/intent.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pf::nvmetool::test {

inline constexpr const char* kHead =
    "apiVersion: pfnvme/v1\nkind: MigrationIntent\nmetadata: {name: x}\n";
inline constexpr const char* kScope = "scope: {datastores: {include: [\"*\"]}}\n";

inline Intent intent_of(const std::string& text) {
    Result<Intent> intent = parse_intent(kHead + text, "i.yaml");
    EXPECT_TRUE(intent) << intent.error().what;
    return intent ? std::move(*intent) : Intent{};
}

inline CompileOptions options() {
    CompileOptions out;
    out.created_at = "2026-11-22T12:00:00.000Z";
    out.tool_version = "test";
    out.now_s = 1'795'348'800; // that time
    out.skip_blocked = true;
    return out;
}

} // namespace pf::nvmetool::test
