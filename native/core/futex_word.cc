#include "core/futex_word.h"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/or_errno.h"

namespace posix_ipc {

namespace {

// <linux/futex.h> and <sys/syscall.h> before Linux 5.16 do not have these. The number is the same
// on every architecture that is meant here.
constexpr long call_futex_waitv = 449;
constexpr uint32_t size_is_32_bits = 2; // FUTEX2_SIZE_U32, or FUTEX_32
constexpr uint32_t of_this_process = FUTEX_PRIVATE_FLAG;

constexpr uint32_t any_waker = std::numeric_limits<uint32_t>::max();

/// For tests of what old kernels do.
bool is_switched_off() {
    const char* text = std::getenv("POSIX_IPC_FUTEX_WAITV");
    return text != nullptr && *text == '0';
}

bool ask_kernel() {
    return !is_switched_off() && syscall(call_futex_waitv, nullptr, 0, 0, nullptr, 0) == -1 &&
           errno == EINVAL;
}

} // namespace

/// The kernel compares, then moves nobody.
int compare(Word* word, Word expected) {
    const auto result =
        or_errno(syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 0, nullptr, word, expected));
    return result == -EAGAIN ? not_equal : static_cast<int>(result);
}

int futex_wait(Word* word, Word expected, const timespec& until) {
    return static_cast<int>(or_errno(
        syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected, &until, nullptr, any_waker)));
}

int futex_wake(Word* word, int32_t count) {
    return static_cast<int>(
        or_errno(syscall(SYS_futex, word, FUTEX_WAKE, count, nullptr, nullptr, 0)));
}

void ring(std::atomic<Word>& word) {
    word++;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

Waiter waiter_for(const Word* word, Word expected, bool shared) {
    return {.expected = expected,
            .address = reinterpret_cast<uintptr_t>(word),
            .flags = size_is_32_bits | (shared ? 0 : of_this_process),
            .reserved = 0};
}

long futex_waitv(std::span<const Waiter> waiters, const timespec* until) {
    return or_errno(
        syscall(call_futex_waitv, waiters.data(), waiters.size(), 0, until, CLOCK_MONOTONIC));
}

bool has_futex_waitv() {
    static const bool known = ask_kernel();
    return known;
}

} // namespace posix_ipc
