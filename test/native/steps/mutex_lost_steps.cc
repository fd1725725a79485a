// mutex_lost_steps ROUNDS: who is told of a death releases the mutex without a word, and dies right
// after a step of that, so many times each, while others sleep. All of them must be told that
// nobody can have it any more. Prints how many died, and how many were told.

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include "harness.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::test {

namespace {

constexpr std::array steps{"releasing", "unlinked", "losing", "lost"};
constexpr uint32_t sleepers = 3;

void take_and_die(lock::Mutex& mutex) {
    lock::try_lock(mutex, false);
}

void leave_unsettled(lock::Mutex& mutex) {
    if (lock::try_lock(mutex, false) != lock::taken_after_death) {
        fail("a death was not told");
    }
    while (__atomic_load_n(&mutex.contentions, __ATOMIC_RELAXED) < sleepers) {
        usleep(20);
    }
    lock::unlock(mutex);
}

/// Where the one that dies had not said yet that it leaves, one is told of its death, and leaves.
void be_told(lock::Mutex& mutex) {
    const lock::SharedMutex shared(std::shared_ptr<void>(), &mutex);
    int32_t result = lock::MutexWait(shared).block().result;
    if (result == lock::taken_after_death) {
        result = lock::unlock(mutex);
    }
    if (result != -ENOTRECOVERABLE) {
        fail("a sleeper was told " + std::to_string(result));
    }
}

void lose_once(lock::Mutex& mutex, const char* step) {
    mutex = {};
    posix_ipc_mutex_init(&mutex, 0, 1);
    expect_right_end(start_alone([&] { take_and_die(mutex); }));
    const pid_t mortal = start_to_die(step, [&] { leave_unsettled(mutex); });
    while (lock::owner_of(mutex) == 0) { // it has to be the one that is told
        usleep(20);
    }
    std::vector<pid_t> living;
    for (uint32_t i = 0; i < sleepers; i++) {
        living.push_back(start_alone([&] { be_told(mutex); }));
    }
    expect_right_end(mortal);
    for (const pid_t one : living) {
        expect_right_end(one);
    }
}

} // namespace

int run(int rounds, unsigned /*seed*/) {
    auto& mutex = share<lock::Mutex>();
    for (const char* step : steps) {
        for (int round = 0; round < rounds; round++) {
            lose_once(mutex, step);
        }
    }
    const size_t dead = steps.size() * static_cast<size_t>(rounds);
    std::printf("%zu died at %zu steps, %zu told\n", dead, steps.size(), sleepers * dead);
    return 0;
}

} // namespace posix_ipc::test
