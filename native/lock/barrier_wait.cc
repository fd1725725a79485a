#include "lock/barrier_wait.h"

#include <algorithm>
#include <array>

#include "core/futex_word.h"
#include "core/wait/timespec.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

namespace {

using Announcement = RobustList::Announcement;

/// Where the kernel cannot wait for several words.
constexpr std::chrono::milliseconds between_looks{20};

Mutex& bell_of(const SharedBarrier& barrier) {
    return *posix_ipc_barrier_bell(barrier.memory.get());
}

/// What is done with the barrier's bell announced.
template <typename Work>
int32_t announced(const SharedBarrier& barrier, Work work) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr) {
        return -ENOSYS;
    }
    const Announcement announcement(*list, bell_of(barrier));
    return work(barrier.memory.get());
}

void leave_slot(RobustList& list, Mutex& slot) {
    const Announcement announcement(list, slot);
    list.unlink(slot);
    POSIX_IPC_STEP(barrier_unlinked);
    posix_ipc_barrier_free(&slot);
}

} // namespace

int32_t pass_barrier(const SharedBarrier& barrier) {
    return announced(barrier, [&](posix_ipc_barrier* memory) {
        const int result = posix_ipc_barrier_pass(memory, barrier.parties);
        return result == 0 ? passed_last : -result;
    });
}

int32_t reset_barrier(const SharedBarrier& barrier) {
    return announced(barrier, [&](posix_ipc_barrier* memory) {
        return posix_ipc_barrier_restart(memory, barrier.parties);
    });
}

int32_t is_barrier_broken(const SharedBarrier& barrier) {
    return announced(barrier, [&](posix_ipc_barrier* memory) {
        const uint64_t pair = posix_ipc_barrier_inspect(memory, barrier.parties);
        return static_cast<int32_t>(pair >> 32 & POSIX_IPC_BARRIER_BROKEN);
    });
}

/// nullptr: none is free.
Mutex* BarrierWait::take_slot(RobustList& list) {
    for (uint32_t i = 0; i + 1 < barrier_.parties; i++) {
        Mutex* const slot = posix_ipc_barrier_slot(barrier_.memory.get(), i);
        const Announcement announcement(list, *slot);
        if (posix_ipc_barrier_claim(slot, list.thread()) == 0) {
            list.link(*slot);
            return slot;
        }
    }
    return nullptr;
}

wait::Outcome BarrierWait::block() {
    return block_until(never);
}

/// -EINTR: by a signal, or because the instant has come.
wait::Outcome BarrierWait::block_until(wait::Clock::time_point look) {
    for (;;) {
        const int32_t result = pass_barrier(barrier_);
        if (result != -EAGAIN) {
            return {result, 0};
        }
        RobustList& list = *RobustList::of_this_thread();
        if (list.full()) {
            return {-ENOLCK, 0};
        }
        Mutex* const slot = take_slot(list);
        if (slot != nullptr) {
            const int32_t ended = wait_in(list, *slot, look);
            leave_slot(list, *slot);
            return {ended, 0};
        }
        const int why = posix_ipc_barrier_pause(barrier_.memory.get());
        if (why == EINTR || wait::Clock::now() >= look) {
            return {-EINTR, 0};
        }
    }
}

/// With the bell announced as long as the others may depend on this thread.
int32_t BarrierWait::wait_in(RobustList& list, Mutex& slot, wait::Clock::time_point look) {
    posix_ipc_barrier* const memory = barrier_.memory.get();
    const Announcement announcement(list, bell_of(barrier_));
    uint32_t generation = 0;
    int result = posix_ipc_barrier_join(memory, barrier_.parties, &slot, &generation);
    if (result != EAGAIN) {
        return result == 0 ? passed_last : -result;
    }
    std::array<uint32_t, POSIX_IPC_BARRIER_MOST_SLOTS> words{};
    while ((result = posix_ipc_barrier_state(memory, barrier_.parties, &slot, generation,
                                             words.data())) == EAGAIN) {
        const int why = sleep(generation, words.data(), look);
        if (why != 0 && why != EAGAIN && posix_ipc_barrier_withdraw(memory, generation) != 0) {
            return why == ETIMEDOUT ? -EINTR : -why;
        }
    }
    posix_ipc_barrier_pass_on(memory, generation);
    return -result;
}

int BarrierWait::sleep(uint32_t generation, const uint32_t* words, wait::Clock::time_point look) {
    posix_ipc_barrier* const memory = barrier_.memory.get();
    if (has_futex_waitv()) {
        const timespec until = wait::to_timespec(look);
        return posix_ipc_barrier_sleep(memory, barrier_.parties, generation, words, &until);
    }
    const auto beat = wait::Clock::now() + between_looks;
    const int result = futex_wait(&memory->bell, 0, wait::to_timespec(std::min(look, beat)));
    return result == -ETIMEDOUT && beat < look ? 0 : -std::min(result, 0);
}

wait::Outcome BarrierWait::attempt() {
    const int32_t result = pass_barrier(barrier_);
    return {result == -EAGAIN ? -EINTR : result, 0};
}

} // namespace posix_ipc::lock
