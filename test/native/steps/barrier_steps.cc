// barrier_steps ROUNDS [SEED]: for each step of the barrier's protocol, so many processes kill
// themselves right after it, while two others meet at the barrier again and again. Those must go
// on, or be told of a death, and go on after a reset. Prints how many died where.

#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "harness.h"
#include "lock/barrier_wait.h"

namespace posix_ipc::test {

namespace {

constexpr uint32_t parties = 2;

/// What all processes share.
struct Shared {
    alignas(64) std::array<std::byte, sizeof(posix_ipc_barrier) + sizeof(lock::Mutex)> memory;
    std::atomic<uint64_t> told;
    std::atomic<uint64_t> went_on;

    [[nodiscard]] posix_ipc_barrier* barrier() {
        return reinterpret_cast<posix_ipc_barrier*>(memory.data());
    }
    [[nodiscard]] lock::SharedBarrier open() {
        return {{std::shared_ptr<void>(), barrier()}, parties};
    }
};

/// As if somebody had died who waited for the present generation.
void forge_death(posix_ipc_barrier* barrier) {
    const uint64_t generation = posix_ipc_barrier_look(barrier) >> 32;
    uint64_t none = 0;
    auto* const slot = reinterpret_cast<uint64_t*>(posix_ipc_barrier_slot(barrier, 0));
    if ((generation & POSIX_IPC_BARRIER_BROKEN) == 0 &&
        __atomic_compare_exchange_n(slot, &none, generation << 32 | FUTEX_OWNER_DIED, 0,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        posix_ipc_mutex_wake(posix_ipc_barrier_bell(barrier), 1); // as the kernel does
    }
}

/// Who will die also gives up, and breaks the barrier.
wait::Outcome meet(Shared& shared, std::minstd_rand& random, bool mortal) {
    lock::BarrierWait wait(shared.open());
    if (!mortal) {
        return wait.block();
    }
    if (random() % 4 == 0) {
        forge_death(shared.barrier());
    }
    return wait.block_until(wait::Clock::now() + std::chrono::microseconds(random() % 500));
}

void turn(Shared& shared, std::minstd_rand& random, bool mortal) {
    const int32_t result = meet(shared, random, mortal).result;
    if (result == -EOWNERDEAD) {
        shared.told++;
        lock::reset_barrier(shared.open());
    } else if (result >= 0) {
        shared.went_on++;
    } else if (result != -EINTR || !mortal) {
        fail("waiting failed with " + std::to_string(result));
    }
}

constexpr std::array steps{"barrier_claimed",   "barrier_joining",   "barrier_joined",
                           "barrier_sleeping",  "barrier_awake",     "barrier_passed",
                           "barrier_rung",      "barrier_broken",    "barrier_restarting",
                           "barrier_restarted", "barrier_withdrawn", "barrier_unlinked",
                           "barrier_leaving"};

} // namespace

int run(int rounds, unsigned seed) {
    auto& shared = share<Shared>();
    posix_ipc_barrier_init(shared.barrier(), parties, 1);
    const Live live = [&shared](unsigned random, bool mortal) {
        return [&shared, mortal, numbers = std::minstd_rand(random)]() mutable {
            turn(shared, numbers, mortal);
        };
    };
    const auto release = [&shared] { lock::pass_barrier(shared.open()); };
    const int dead = kill_after_each({steps.begin(), steps.end()}, rounds, seed, live, release);
    const uint64_t generations = (posix_ipc_barrier_look(shared.barrier()) >> 32) / 2;
    if (shared.went_on > parties * generations) {
        fail("more went on than have come");
    }
    std::printf("%d died at %zu steps, %lu told, %lu went on\n", dead, steps.size(),
                shared.told.load(), shared.went_on.load());
    return 0;
}

} // namespace posix_ipc::test
