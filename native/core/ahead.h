#pragma once

#include <algorithm>
#include <cstddef>

#include "core/arguments.h"

namespace posix_ipc {

/// For memory that is used once, from its beginning on: what comes goes to lines that no cache
/// holds any more, and the kernel's copy would wait for them. Those behind the first `used` bytes
/// are fetched while others run: the next message may be as long. Into the second cache, as the
/// first one takes few at a time, and then waits.
inline void fetch_ahead(Bytes memory, size_t used) {
    constexpr size_t line = 64;
    constexpr size_t few = 1024; // what the CPU fetches by itself
    if (used < few) {
        return;
    }
    const size_t end = std::min(2 * used, memory.size());
    for (size_t at = used; at < end; at += line) {
        __builtin_prefetch(memory.data() + at, 1, 2);
    }
    asm volatile(""); // else it has no effect for GCC, which removes the calls
}

} // namespace posix_ipc
