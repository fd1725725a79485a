#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>

namespace posix_ipc::test {

/// Ends the program, with the scenario's name and the seed, unless the claim holds.
void check(bool claim, const std::string& what);
void check_equal(int64_t actual, int64_t expected, const std::string& what);

/// Asks until the claim holds; fails after a generous while.
void check_soon(const std::function<bool()>& claim, const std::string& what);

/// Names what runs from here on; the watchdog starts anew: a hang must fail, not last.
void begin_scenario(const std::string& name);

/// Threads of this process that engines have made.
int64_t engine_threads();

using Random = std::mt19937;

/// A seed that differs from call to call, and follows from the program's seed.
Random new_random();
void seed_all(unsigned seed);

inline int pick(Random& random, int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
}

void sleep_for_us(int microseconds);

} // namespace posix_ipc::test
