#pragma once

// Processes that kill themselves between two steps of a protocol, and two that must go on.

#include <atomic>
#include <functional>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/types.h>
#include <vector>

namespace posix_ipc::test {

/// Ends the process.
[[noreturn]] void fail(const std::string& what);

void spin(unsigned long turns);

/// Memory that this process shares with its children.
template <typename T>
T& share() {
    void* const memory =
        mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return *new (memory) T{};
}

/// What a process does again and again, made in it of a random number. `mortal`: it will die.
using Live = std::function<std::function<void()>(unsigned random, bool mortal)>;

/// How many have died; fails where the two that live do not go on. `release`: called until these
/// have ended, where one may wait for the other.
int kill_after_each(
    const std::vector<const char*>& steps, int rounds, unsigned seed, const Live& live,
    const std::function<void()>& release = [] {});

/// Begins something in a process of its own, which has to end well; its id.
pid_t start_alone(const std::function<void()>& what);

/// The same, in one that has to die right after a step.
pid_t start_to_die(const char* step, const std::function<void()>& what);

/// Of such a process.
void expect_right_end(pid_t child);

/// Of the program: how often each step is deadly.
int run(int rounds, unsigned seed);

} // namespace posix_ipc::test
