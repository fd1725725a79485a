#pragma once

#include <cstddef>
#include <type_traits>

#include <unistd.h>

#include "core/or_errno.h"

namespace posix_ipc {

namespace system_call_details {

template <typename T>
long word_of(T argument) {
    if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<long>(argument);
    } else if constexpr (std::is_null_pointer_v<T>) {
        return 0;
    } else {
        return static_cast<long>(argument);
    }
}

#if defined(__x86_64__) && defined(__LP64__)

inline long make(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
    register const long r10 __asm__("r10") = d;
    register const long r8 __asm__("r8") = e;
    register const long r9 __asm__("r9") = f;
    long result = number;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "cc", "memory");
    return result;
}

#elif defined(__aarch64__) && defined(__LP64__)

inline long make(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
    register const long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register const long x1 __asm__("x1") = b;
    register const long x2 __asm__("x2") = c;
    register const long x3 __asm__("x3") = d;
    register const long x4 __asm__("x4") = e;
    register const long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "cc", "memory");
    return x0;
}

#else

template <typename... Words>
long make(long number, Words... words) {
    return or_errno(syscall(number, words...));
}

#endif

} // namespace system_call_details

/// Makes a system call: its result, or the negated errno.
///
/// Right here, where the architecture is known, and not by libc's syscall(): whatever returns after
/// a system call does so slowly, and each function more is one more to return from. Nor is it a
/// cancellation point, which would cost two atomic operations where a process has several threads.
template <typename... Arguments>
long system_call(long number, Arguments... arguments) {
    return system_call_details::make(number, system_call_details::word_of(arguments)...);
}

} // namespace posix_ipc
