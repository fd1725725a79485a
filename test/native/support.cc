#include "support.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace posix_ipc::test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{120};

unsigned program_seed = 0;
std::atomic<unsigned> seeds_given{0};

std::mutex scenario_mutex;
std::string scenario = "start";
Clock::time_point deadline = Clock::now() + patience;

[[noreturn]] void fail(const std::string& what) {
    const std::scoped_lock lock(scenario_mutex);
    std::fprintf(stderr, "FAILED in \"%s\" (seed %u): %s\n", scenario.c_str(), program_seed,
                 what.c_str());
    _exit(1); // not exit(): threads may hang
}

void watch() {
    for (;;) {
        sleep_for_us(100'000);
        const std::unique_lock lock(scenario_mutex);
        if (Clock::now() > deadline) {
            std::fprintf(stderr, "HANGS in \"%s\" (seed %u)\n", scenario.c_str(), program_seed);
            abort(); // a core, or the sanitizer's report of all stacks
        }
    }
}

} // namespace

void check(bool claim, const std::string& what) {
    if (!claim) {
        fail(what);
    }
}

void check_equal(int64_t actual, int64_t expected, const std::string& what) {
    check(actual == expected,
          what + ": " + std::to_string(actual) + " instead of " + std::to_string(expected));
}

void check_soon(const std::function<bool()>& claim, const std::string& what) {
    const auto until = Clock::now() + patience / 2;
    while (!claim()) {
        check(Clock::now() < until, what);
        sleep_for_us(1000);
    }
}

void begin_scenario(const std::string& name) {
    static std::thread& watchdog = *new std::thread(watch); // lasts as long as the program
    static_cast<void>(watchdog);
    const std::scoped_lock lock(scenario_mutex);
    scenario = name;
    deadline = Clock::now() + patience;
}

int64_t engine_threads() {
    int64_t count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::ifstream comm(task.path() / "comm"); // empty if the thread has just ended
        std::getline(comm, name);
        count += name == "posix-ipc wait" ? 1 : 0;
    }
    return count;
}

void seed_all(unsigned seed) {
    program_seed = seed;
}

Random new_random() {
    std::seed_seq sequence{program_seed, seeds_given++};
    return Random(sequence);
}

void sleep_for_us(int microseconds) {
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
}

} // namespace posix_ipc::test
