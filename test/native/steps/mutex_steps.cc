// mutex_steps ROUNDS [SEED]: for each step of the mutex's protocol, so many processes kill
// themselves right after it, while two others work under the mutex. Those must go on, find the data
// whole, or be told of a death. Prints how many died where.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/wait/engine.h"
#include "lock/taker.h"

namespace posix_ipc::test {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// What all processes share. The numbers are equal whenever nobody has the mutex.
struct Shared {
    lock::Mutex mutex;
    uint64_t first;
    uint64_t second;
    uint64_t told;
    uint64_t torn;
    std::array<std::atomic<uint64_t>, 2> progress;
    std::atomic<bool> stop;
};

const char* deadly_step = "";
int hits_to_death = 0;

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "%s, after the step \"%s\"\n", what.c_str(), deadly_step);
    std::_Exit(1);
}

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
    for (auto spins = random() % 8192; spins > 0; spins--) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    shared.second++;
}

/// Locks and unlocks, in both ways, until the data says stop, or death comes.
[[noreturn]] void live(Shared& shared, unsigned seed, std::atomic<uint64_t>* progress) {
    std::minstd_rand random(seed);
    while (!shared.stop) {
        const bool by_thread = random() % 2 == 0;
        work(shared, by_thread ? take_by_thread(shared) : take_here(shared), random);
        const bool as_if_dead = progress == nullptr && random() % 8 == 0;
        const int32_t left = as_if_dead ? lock::abandon(shared.mutex) : lock::unlock(shared.mutex);
        if (left != 0) {
            fail("unlocking failed with " + std::to_string(left));
        }
        if (progress != nullptr) {
            (*progress)++;
        }
        if (random() % 16 == 0) {
            usleep(random() % 100);
        }
    }
    std::_Exit(0);
}

pid_t start(Shared& shared, unsigned seed, std::atomic<uint64_t>* progress) {
    const pid_t child = fork();
    if (child == 0) {
        live(shared, seed, progress);
    }
    return child;
}

/// Whether the other two go on.
void expect_progress(Shared& shared) {
    for (auto& progress : shared.progress) {
        const uint64_t before = progress;
        const auto limit = SteadyClock::now() + std::chrono::seconds(10);
        while (progress == before) {
            if (SteadyClock::now() > limit) {
                fail("the others do not go on");
            }
            usleep(20);
        }
    }
}

/// How many of the processes died where they were meant to.
int kill_after(Shared& shared, const char* step, int rounds, std::mt19937& random) {
    int dead = 0;
    deadly_step = step;
    for (int round = 0; round < rounds; round++) {
        hits_to_death = 1 + static_cast<int>(random() % 4);
        const pid_t child = start(shared, static_cast<unsigned>(random()), nullptr);
        int status = 0;
        if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) {
            fail("a process did not die");
        }
        dead++;
        expect_progress(shared);
    }
    hits_to_death = 0;
    return dead;
}

constexpr std::array steps{"announced", "taken", "linked", "torn",     "releasing",
                           "unlinked",  "freed", "nobody", "arriving", "marked",
                           "sleeping",  "awake", "died",   "renamed",  "handed"};

int run(int rounds, unsigned seed) {
    void* const memory =
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto& shared = *new (memory) Shared{};
    posix_ipc_mutex_init(&shared.mutex, 0, 1);
    std::mt19937 random(seed);
    std::array<pid_t, 2> survivors{};
    for (size_t i = 0; i < survivors.size(); i++) {
        survivors[i] = start(shared, static_cast<unsigned>(random()), &shared.progress[i]);
    }
    int dead = 0;
    for (const char* step : steps) {
        dead += kill_after(shared, step, rounds, random);
    }
    shared.stop = true;
    for (const pid_t survivor : survivors) {
        int status = 0;
        if (waitpid(survivor, &status, 0) != survivor || status != 0) {
            fail("a survivor failed");
        }
    }
    std::printf("%d died at %zu steps, %lu told, %lu torn\n", dead, steps.size(), shared.told,
                shared.torn);
    return 0;
}

} // namespace

void reached(const char* step) {
    if (hits_to_death > 0 && std::strcmp(step, deadly_step) == 0 &&
        __atomic_sub_fetch(&hits_to_death, 1, __ATOMIC_RELAXED) == 0) {
        kill(getpid(), SIGKILL);
        for (;;) {
            pause();
        }
    }
}

} // namespace posix_ipc::test

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
    const auto seed = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 1);
    return posix_ipc::test::run(rounds, seed);
}
