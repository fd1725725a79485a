// event_steps ROUNDS [SEED]: for each step of the event's protocol, so many processes kill
// themselves right after it, which set two events and wait for one, while two others set, wait and
// reset. No set may be lost to these, whoever has begun it. Prints how many died where, and how
// many waits have ended.

#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "harness.h"
#include "lock/event_wait.h"

namespace posix_ipc::test {

namespace {

struct Shared {
    posix_ipc_event automatic;
    posix_ipc_event manual;
    std::atomic<uint64_t> told;
};

void set(posix_ipc_event& event) {
    if (lock::set_event(event) != 0) {
        fail("setting failed");
    }
}

void wait_for(Shared& shared, posix_ipc_event& event) {
    const uint32_t since = __atomic_load_n(&event.sets, __ATOMIC_SEQ_CST);
    const bool auto_reset = &event == &shared.automatic;
    lock::EventWait wait({{std::shared_ptr<void>(), &event}, auto_reset}, since);
    const int32_t result = wait.block().result;
    if (result != 0) {
        fail("waiting failed with " + std::to_string(result));
    }
    shared.told++;
}

/// Whoever was the last to take or to reset goes on, and sets: so one of the two is always awake.
void survive(Shared& shared) {
    set(shared.automatic);
    wait_for(shared, shared.automatic);
    set(shared.manual);
    wait_for(shared, shared.manual);
    posix_ipc_event_reset(&shared.manual);
}

/// Takes nothing that would go with it, and sets for those who sleep: for others it has no steps.
void dare(Shared& shared, std::minstd_rand& random) {
    posix_ipc_event& event = random() % 2 == 0 ? shared.automatic : shared.manual;
    if ((__atomic_load_n(&event.word, __ATOMIC_RELAXED) & FUTEX_WAITERS) != 0) {
        set(event);
    } else if (random() % 2 == 0) {
        wait_for(shared, shared.manual);
    }
}

constexpr std::array steps{"event_arriving", "sleeping", "awake", "event_raised", "event_woken"};

} // namespace

int run(int rounds, unsigned seed) {
    auto& shared = share<Shared>();
    posix_ipc_event_init(&shared.automatic, POSIX_IPC_EVENT_AUTO_RESET, 0, 1);
    posix_ipc_event_init(&shared.manual, 0, 0, 2);
    const Live live = [&shared](unsigned random, bool mortal) {
        return [&shared, mortal, numbers = std::minstd_rand(random)]() mutable {
            mortal ? dare(shared, numbers) : survive(shared);
        };
    };
    const int dead = kill_after_each({steps.begin(), steps.end()}, rounds, seed, live, [&shared] {
        set(shared.automatic);
        set(shared.manual);
    });
    std::printf("%d died at %zu steps, %lu told\n", dead, steps.size(), shared.told.load());
    return 0;
}

} // namespace posix_ipc::test
