#pragma once

#include <chrono>
#include <cstdint>

namespace posix_ipc {

/// Tells the CPU that this is a spin loop; a few hundred nanoseconds.
inline void pause_briefly() {
    constexpr int times = 8;
    for (int i = 0; i < times; i++) {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield" ::: "memory");
#endif
    }
}

/// Tries again and again for a while, for the peer that acts faster than a thread wakes. `again`:
/// the answer of a try that is worth another one.
template <typename Attempt>
int32_t try_for(std::chrono::nanoseconds how_long, int32_t again, Attempt attempt) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + how_long;
    for (;;) {
        const int32_t result = attempt();
        if (result != again || Clock::now() >= end) {
            return result;
        }
        pause_briefly(); // leave the object's lock to the others
    }
}

} // namespace posix_ipc
