// condition_steps ROUNDS [SEED]: for each step of the condition's protocol, so many processes kill
// themselves right after it, which wait for notifications and pass them on, while two others take
// turns, each notified by the other. Not one notification may be lost. Prints how many died where.

#include <array>
#include <cstdio>
#include <random>
#include <string>

#include "harness.h"
#include "lock/condition_wait.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::test {

namespace {

/// What all processes share; `turn` is changed by who has the mutex.
struct Shared {
    lock::Mutex mutex;
    alignas(64) posix_ipc_condition condition;
    uint32_t turn;
    bool over;
    std::atomic<uint32_t> survivors;
    std::atomic<uint64_t> told;
};

/// Who is told of a death tells all: the dead may have been notified.
void take(Shared& shared) {
    lock::MutexWait wait({std::shared_ptr<void>(), &shared.mutex});
    const int32_t tried = lock::try_lock(shared.mutex, false);
    const int32_t result = tried == -EBUSY ? wait.block().result : tried;
    if (result < 0) {
        fail("locking failed with " + std::to_string(result));
    }
    if (result == lock::taken_after_death) {
        shared.told++;
        lock::make_consistent(shared.mutex);
        posix_ipc_condition_raise(&shared.condition, 1);
    }
}

/// With the mutex. False: it was in vain.
bool wait_once(Shared& shared, std::chrono::microseconds at_most) {
    const uint64_t ticket = posix_ipc_condition_enter(&shared.condition);
    const auto until = wait::Clock::now() + at_most;
    for (;;) {
        lock::ConditionWait sleep({std::shared_ptr<void>(), &shared.condition},
                                  posix_ipc_condition_look(&shared.condition));
        lock::unlock(shared.mutex);
        const bool late = sleep.block_until(until).result == -EINTR;
        take(shared);
        if (posix_ipc_condition_pass(&shared.condition, ticket) != 0) {
            return true;
        }
        if (late) {
            posix_ipc_condition_leave(&shared.condition);
            return false;
        }
    }
}

/// One who lives: its turn comes, by a notification, and it gives it to the other.
void take_turn(Shared& shared, uint32_t self) {
    take(shared);
    while (shared.turn != self && !shared.over) {
        wait_once(shared, std::chrono::hours(1));
        if (shared.turn != self) {
            posix_ipc_condition_raise(&shared.condition, 0); // it was for somebody else
        }
    }
    posix_ipc_condition_raise(&shared.condition, 0);
    shared.turn = 1 - self;
    lock::unlock(shared.mutex);
}

/// More limits than can be kept: as of some who wait, are notified, and die.
void crowd(Shared& shared) {
    constexpr int limits = POSIX_IPC_CONDITION_GROUPS + 1;
    for (int i = 0; i < limits; i++) {
        posix_ipc_condition_enter(&shared.condition);
        posix_ipc_condition_raise(&shared.condition, 0);
    }
}

/// One who will die: what it is notified of it passes on; now and then it notifies for no reason.
void meddle(Shared& shared, std::minstd_rand& random) {
    take(shared);
    if (random() % 8 == 0) {
        crowd(shared);
    }
    const bool waits = random() % 4 != 0;
    if (!waits || wait_once(shared, std::chrono::microseconds(random() % 500))) {
        posix_ipc_condition_raise(&shared.condition, static_cast<int>(random() % 8 == 0));
    }
    lock::unlock(shared.mutex);
}

constexpr std::array steps{"condition_counted", "condition_drawn",   "condition_sleeping",
                           "condition_awake",   "condition_leaving", "condition_changed",
                           "condition_woken",   "condition_evicted", "condition_cleared",
                           "condition_limited", "condition_given"};

} // namespace

int run(int rounds, unsigned seed) {
    auto& shared = share<Shared>();
    posix_ipc_mutex_init(&shared.mutex, 0, 1);
    posix_ipc_condition_init(&shared.condition, 1);
    const Live live = [&shared](unsigned random, bool mortal) -> std::function<void()> {
        if (mortal) {
            return [&shared, numbers = std::minstd_rand(random)]() mutable {
                meddle(shared, numbers);
            };
        }
        return [&shared, self = shared.survivors++] { take_turn(shared, self); };
    };
    const auto release = [&shared] {
        take(shared);
        shared.over = true;
        posix_ipc_condition_raise(&shared.condition, 1);
        lock::unlock(shared.mutex);
    };
    const int dead = kill_after_each({steps.begin(), steps.end()}, rounds, seed, live, release);
    std::printf("%d died at %zu steps, %lu told\n", dead, steps.size(), shared.told.load());
    return 0;
}

} // namespace posix_ipc::test
