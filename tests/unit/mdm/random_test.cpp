// Seeded random events against the oracle of the harness: at most one server serves a comb, what it
// serves is the newest acknowledged write, no copy counts as valid that missed one, generations
// only rise, no volume is mapped by both protocols; and when the trouble ends, everything heals.
#include "tests/unit/mdm/harness.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

namespace pf::mdm::test {
namespace {

class RandomRun {
  public:
    explicit RandomRun(std::uint64_t seed) : random_(seed) {}

    void run(int steps) {
        h_.build(3);
        h_.create_volume("v1");
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i)
            step();
        heal();
    }

  private:
    std::uint64_t roll(std::uint64_t below) { return random_() % below; }

    void step() {
        const auto at = roll(h_.sds_count());
        auto& server = h_.sds(at);
        switch (roll(16)) {
        case 0: // cable pulled: it serves until its lease ends
            h_.disconnect_sds(at);
            break;
        case 1: // kill -9
            server.alive = false;
            h_.disconnect_sds(at);
            break;
        case 2:
        case 3:
            h_.connect_sds(at, !server.alive);
            break;
        case 4: // killed and restarted at once
            h_.connect_sds(at, true);
            break;
        case 5: // stopped for a while: hears and says nothing
            server.frozen_io = true;
            server.heartbeats = false;
            break;
        case 6:
            server.frozen_io = false;
            server.heartbeats = true;
            break;
        case 7:
            h_.process_one(at);
            break;
        case 8:
            server.auto_rebuild = !server.auto_rebuild;
            break;
        case 9:
            mark_stale(at);
            break;
        case 10:
            if (roll(4) == 0)
                h_.restart();
            break;
        case 11:
            snapshot();
            break;
        case 12:
            map_something();
            break;
        default:
            h_.advance(std::chrono::milliseconds(50 * (1 + roll(30))));
            break;
        }
    }

    void mark_stale(std::size_t at) {
        auto& server = h_.sds(at);
        if (server.session == 0 || !server.alive || server.frozen_io)
            return;
        for (const auto& [id, record] : server.combs)
            if (h_.serves(server, id) && record.secondary() != 0 && roll(4) == 0) {
                wire::Envelope envelope;
                auto& m = *envelope.mutable_mark_stale();
                m.set_comb(id);
                m.set_generation(record.generation());
                m.set_stale(roll(2) == 0 ? record.secondary() : server.id);
                envelope.set_request_id(h_.next_request());
                if (m.stale() == server.id) {
                    server.given_up.insert(id); // before it says so
                    server.asked[envelope.request_id()] = id;
                }
                h_.deliver(server.session, envelope);
                return;
            }
    }

    void snapshot() {
        wire::ManagementRequest r;
        for (const auto& [id, v] : h_.state().volumes)
            if (roll(2) == 0 && r.snapshot_volumes().items_size() < 2)
                r.mutable_snapshot_volumes()->add_items()->set_volume(id);
        if (h_.state().volumes.size() < 8)
            h_.manage_later(r);
        else
            for (const auto& [id, v] : h_.state().volumes)
                if (v.type() == wire::SNAPSHOT) {
                    r.Clear();
                    r.mutable_remove()->set_kind(wire::OBJECT_VOLUME);
                    r.mutable_remove()->set_id(id);
                    h_.manage_later(r);
                    return;
                }
    }

    void map_something() {
        if (h_.state().hosts.empty()) {
            wire::ManagementRequest r;
            r.mutable_add_host()->set_nqn("nqn.2014-08.org.nvmexpress:uuid:1");
            h_.manage_later(r);
            h_.add_sdc("AAAAAAAA-0000-0000-0000-000000000001");
            return;
        }
        for (const auto& [id, v] : h_.state().volumes) {
            if (roll(2) == 0)
                continue;
            wire::ManagementRequest r;
            if (v.mappings_size() > 0 && roll(2) == 0) {
                r.mutable_unmap_volume()->set_volume(id);
                r.mutable_unmap_volume()->set_all(true);
            } else {
                r.mutable_map_volume()->set_volume(id);
                r.mutable_map_volume()->set_allow_multiple(true);
                r.mutable_map_volume()->set_initiator(roll(2) == 0
                                                          ? h_.state().hosts.begin()->first
                                                          : h_.state().sdcs.begin()->first);
            }
            h_.manage_later(r);
            return;
        }
    }

    // All servers back and well: every comb returns to two copies.
    void heal() {
        for (std::size_t i = 0; i < h_.sds_count(); ++i) {
            auto& server = h_.sds(i);
            server.frozen_io = false;
            server.heartbeats = true;
            server.auto_rebuild = true;
            if (server.session == 0 || !server.alive)
                h_.connect_sds(i, !server.alive);
        }
        h_.advance(40s);
        for (const auto& [id, comb] : h_.state().combs)
            EXPECT_EQ(comb.state, map::CombState::Normal) << "comb " << id.value;
        EXPECT_TRUE(h_.state().intents.empty());
        for (const auto& [id, v] : h_.state().volumes)
            EXPECT_FALSE(h_.state().nodes.at(map::NodeId{v.leaf()}).frozen);
    }

    Harness h_;
    std::mt19937_64 random_;
};

TEST(MdmRandom, SafeUnderFailuresAndHealsAfterwards) {
    // PF_MDM_SEEDS runs more of them.
    const char* wanted = std::getenv("PF_MDM_SEEDS");
    const std::uint64_t seeds = wanted == nullptr ? 60 : std::strtoull(wanted, nullptr, 10);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomRun(seed).run(250);
        if (HasFailure())
            break;
    }
}

} // namespace
} // namespace pf::mdm::test
