#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <span>

namespace posix_ipc {

/// A word in memory that processes share. Whoever can write the memory can change it at any time.
using Word = uint32_t;

/// How a wait for a word ends: as the result of an operation.
constexpr int32_t woken = 0;
constexpr int32_t not_equal = 1; ///< the word did not hold the expected value

/// 0, or `not_equal`; -EFAULT where a look at the word would end the process: its file was
/// truncated, or its pages have no access.
int compare(Word* word, Word expected);

// futex(2), between processes. The result, or the negated errno.
int futex_wait(Word* word, Word expected, const timespec& until); // CLOCK_MONOTONIC
int futex_wake(Word* word, int32_t count);

/// Changes a word of this process, and wakes the thread that waits for it.
void ring(std::atomic<Word>& word);

/// One of the words that futex_waitv(2) waits for: struct futex_waitv, which old headers lack.
struct Waiter {
    uint64_t expected = 0;
    uint64_t address = 0;
    uint32_t flags = 0;
    uint32_t reserved = 0;
};

Waiter waiter_for(const Word* word, Word expected, bool shared);

/// Most words of one call (FUTEX_WAITV_MAX).
constexpr size_t most_waiters = 128;

/// The index of a word that was woken, or the negated errno. -EAGAIN: one is not as expected.
/// `until`: an instant of CLOCK_MONOTONIC; by default for ever.
long futex_waitv(std::span<const Waiter> waiters, const timespec* until = nullptr);

/// Whether the kernel has futex_waitv(2), since Linux 5.16, and lets us call it.
bool has_futex_waitv();

} // namespace posix_ipc
