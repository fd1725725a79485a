#include "harness.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace posix_ipc::test {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t survivors = 2;

/// What the survivors and this process share.
struct Progress {
    std::array<std::atomic<uint64_t>, survivors> turns;
    std::atomic<bool> stop;
};

const char* deadly_step = "";
int hits_to_death = 0;
std::set<pid_t> mortals;

/// Until the data says stop, or death comes.
pid_t start(const Live& live, unsigned random, Progress& progress, std::atomic<uint64_t>* turns) {
    const pid_t child = fork();
    if (child != 0) {
        return child;
    }
    const auto turn = live(random, turns == nullptr);
    std::minstd_rand numbers(random);
    while (!progress.stop) {
        turn();
        if (turns != nullptr) {
            (*turns)++;
        }
        if (numbers() % 16 == 0) {
            usleep(numbers() % 100);
        }
    }
    std::_Exit(0);
}

/// Whether the others go on.
void expect_progress(Progress& progress) {
    for (auto& turns : progress.turns) {
        const uint64_t before = turns;
        const auto limit = SteadyClock::now() + std::chrono::seconds(60);
        while (turns == before) {
            if (SteadyClock::now() > limit) {
                fail("the others do not go on");
            }
            usleep(20);
        }
    }
}

void expect_end(
    pid_t child, bool killed, const std::function<void()>& release = [] {}) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
        release();
        usleep(20);
    }
    if (ended != child || (killed ? !WIFSIGNALED(status) : status != 0)) {
        fail(killed ? "a process did not die" : "a survivor failed");
    }
}

} // namespace

void fail(const std::string& what) {
    std::fprintf(stderr, "%s, after the step \"%s\"\n", what.c_str(), deadly_step);
    std::_Exit(1);
}

void spin(unsigned long turns) {
    for (; turns > 0; turns--) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
}

int kill_after_each(const std::vector<const char*>& steps, int rounds, unsigned seed,
                    const Live& live, const std::function<void()>& release) {
    auto& progress = share<Progress>();
    std::mt19937 random(seed);
    std::array<pid_t, survivors> living{};
    for (size_t i = 0; i < survivors; i++) {
        living[i] = start(live, static_cast<unsigned>(random()), progress, &progress.turns[i]);
    }
    int dead = 0;
    for (const char* step : steps) {
        deadly_step = step;
        for (int round = 0; round < rounds; round++) {
            hits_to_death = 1 + static_cast<int>(random() % 4);
            expect_end(start(live, static_cast<unsigned>(random()), progress, nullptr), true);
            dead++;
            expect_progress(progress);
        }
    }
    hits_to_death = 0;
    progress.stop = true;
    for (const pid_t survivor : living) {
        expect_end(survivor, false, release);
    }
    return dead;
}

pid_t start_alone(const std::function<void()>& what) {
    const pid_t child = fork();
    if (child == 0) {
        what();
        std::_Exit(0);
    }
    return child;
}

pid_t start_to_die(const char* step, const std::function<void()>& what) {
    deadly_step = step;
    hits_to_death = 1;
    const pid_t child = start_alone(what);
    hits_to_death = 0;
    mortals.insert(child);
    return child;
}

void expect_right_end(pid_t child) {
    expect_end(child, mortals.erase(child) == 1);
}

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
