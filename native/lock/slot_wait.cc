#include "lock/slot_wait.h"

#include "core/wait/timespec.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

wait::Outcome SlotWait::block() {
    return block_until(never);
}

/// -EINTR: by a signal, or because the instant has come.
wait::Outcome SlotWait::block_until(wait::Clock::time_point look) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr) {
        return {-ENOSYS, 0};
    }
    // The kernel wakes another one if this thread dies after it was woken.
    const RobustList::Announcement announcement(*list, lock_.slot(busy_));
    const uint32_t expected = arrive();
    if (expected == 0) {
        return {0, 0};
    }
    const timespec until = wait::to_timespec(look);
    const int why = posix_ipc_mutex_sleep(&lock_.slot(busy_), expected, &until);
    if (why == 0 || why == EAGAIN) {
        return {0, 0};
    }
    return {why == ETIMEDOUT ? -EINTR : -why, 0};
}

/// The gate has gone on to a writer that may sleep here by now, and the reader wakes one only.
bool SlotWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result >= 0) {
        posix_ipc_mutex_wake(&lock_.slot(busy_), 1);
    }
    return true;
}

wait::Outcome SlotWait::attempt() {
    return {arrive() == 0 ? 0 : -EINTR, 0};
}

} // namespace posix_ipc::lock
