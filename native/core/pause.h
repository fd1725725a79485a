#pragma once

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

} // namespace posix_ipc
