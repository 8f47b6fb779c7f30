// libFuzzer entry for the target core: the input is a script of what peers send to a fresh
// connection, an admin queue and an I/O queue of a world with a well-behaved host in it.
//   cmake --preset clang -DPF_LIBFUZZER=ON && cmake --build build/clang --target nvme-target-fuzzer
// The seeded mutator in target_fuzz_test.cpp is what runs with the other tests.
#include "tests/unit/nvme/target_harness.hpp"

#include <cstdlib>

namespace {

using namespace pf;
using namespace pf::nvme;
using namespace pf::nvme::test;

void require(bool condition) {
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    World world;
    world.set_view(World::default_view());
    Connected witness(world, kHostB);
    require(witness.ok);
    Connected victim(world, kHostA);
    const target::SessionId sessions[] = {world.open(), victim.admin.session, victim.io->session,
                                          world.open(true)};
    ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
    // Pieces: a byte that says where it goes and what happens besides, two bytes of length, bytes.
    while (input.size() >= 3) {
        const auto control = std::to_integer<unsigned>(input[0]);
        const size_t length =
            std::min<size_t>(load_struct<uint16_t>(input.subspan(1, 2)), input.size() - 3);
        const target::SessionId session = sessions[control & 3];
        world.hold_io = (control & 4) != 0;
        world.core.on_bytes(session, input.subspan(3, length), world.now);
        world.settle();
        const Bytes out = world.output(session);
        if ((control & 8) == 0)
            world.core.on_sent(session, out.size(), world.now);
        if ((control & 16) != 0) {
            world.now += std::chrono::seconds(1);
            world.core.tick(world.now);
        }
        world.settle();
        input = input.subspan(3 + length);
    }
    world.hold_io = false;
    world.settle();
    for (const target::SessionId session : sessions)
        world.core.on_closed(session, world.now);
    world.settle();
    require(world.core.io_in_flight() == 0);
    Bytes block(4096, std::byte{0x42});
    Bytes back(4096);
    require(!world.is_closed(witness.io->session));
    require(witness.io->write(2, 0, block).ok());
    require(witness.io->read(2, 0, back).ok());
    require(back == block);
    return 0;
}
