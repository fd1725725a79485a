// mutex_steps ROUNDS [SEED]: for each step of the mutex's protocol, so many processes kill
// themselves right after it, while two others work under the mutex. Those must go on, find the data
// whole, or be told of a death. Prints how many died where.

#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <unistd.h>

#include "core/wait/engine.h"
#include "harness.h"
#include "lock/taker.h"

namespace posix_ipc::test {

namespace {

/// What all processes share. The numbers are equal whenever nobody has the mutex.
struct Shared {
    lock::Mutex mutex;
    uint64_t first;
    uint64_t second;
    uint64_t told;
    uint64_t torn;
};

lock::SharedMutex mutex_of(Shared& shared) {
    return {std::shared_ptr<void>(), &shared.mutex};
}

/// As lockSync.
int32_t take_here(Shared& shared) {
    lock::MutexWait wait(mutex_of(shared));
    const int32_t result = lock::try_lock(shared.mutex, false);
    return result == -EBUSY ? wait.block().result : result;
}

/// As the promise form.
int32_t take_by_thread(Shared& shared) {
    static std::atomic<int> idle{0};
    static wait::Engine engine([] {});
    static lock::Taker taker(engine, idle, 0);
    static const bool started = taker.start() == 0;
    const int32_t result = lock::try_lock(shared.mutex, false);
    if (result != -EBUSY || !started) {
        return result;
    }
    while (!taker.reserve()) {
        usleep(20);
    }
    const lock::SharedMutex mutex = mutex_of(shared);
    taker.begin(mutex, engine.expect(std::make_unique<lock::TakerWait>(taker)));
    wait::Engine::End end;
    while (engine.collect(&end, 1) == 0) {
        usleep(20);
    }
    engine.settle();
    return end.outcome.result < 0 ? end.outcome.result : taker.hand_over(mutex);
}

void work(Shared& shared, int32_t taken, std::minstd_rand& random) {
    if (taken == lock::taken_after_death) {
        shared.told++;
        shared.torn += shared.first != shared.second ? 1 : 0;
        shared.second = shared.first;
        if (lock::make_consistent(shared.mutex) != 0) {
            fail("a death cannot be settled");
        }
    } else if (taken != lock::taken) {
        fail("locking failed with " + std::to_string(taken));
    }
    if (shared.first != shared.second) {
        fail("the data is torn, and nobody was told");
    }
    shared.first++;
    reached("torn");
    spin(random() % 8192);
    shared.second++;
}

/// Locks and unlocks, in both ways.
void turn(Shared& shared, std::minstd_rand& random, bool mortal) {
    const bool by_thread = random() % 2 == 0;
    work(shared, by_thread ? take_by_thread(shared) : take_here(shared), random);
    const bool as_if_dead = mortal && random() % 8 == 0;
    const int32_t left = as_if_dead ? lock::abandon(shared.mutex) : lock::unlock(shared.mutex);
    if (left != 0) {
        fail("unlocking failed with " + std::to_string(left));
    }
}

constexpr std::array steps{"announced", "taken",  "linked",  "torn",     "releasing",  "unlinked",
                           "freed",     "nobody", "trying",  "arriving", "marked",     "sleeping",
                           "awake",     "died",   "renamed", "handed",   "unannounced"};

} // namespace

int run(int rounds, unsigned seed) {
    auto& shared = share<Shared>();
    posix_ipc_mutex_init(&shared.mutex, 0, 1);
    const Live live = [&shared](unsigned random, bool mortal) {
        return [&shared, mortal, numbers = std::minstd_rand(random)]() mutable {
            turn(shared, numbers, mortal);
        };
    };
    const int dead = kill_after_each({steps.begin(), steps.end()}, rounds, seed, live);
    std::printf("%d died at %zu steps, %lu told, %lu torn\n", dead, steps.size(), shared.told,
                shared.torn);
    return 0;
}

} // namespace posix_ipc::test
