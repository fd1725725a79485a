#include "lock/mutex_wait.h"

#include <utility>

#include "core/wait/timespec.h"

namespace posix_ipc::lock {

wait::Outcome MutexWait::block() {
    return block_until(never);
}

wait::Outcome MutexWait::block_until(wait::Clock::time_point look) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr || list->full()) {
        return {list == nullptr ? -ENOSYS : -ENOLCK, 0};
    }
    // The kernel wakes another one if this thread dies after it was woken.
    const RobustList::Announcement announcement(*list, *mutex_);
    return {take_until(*list, look), 0};
}

/// -EINTR: by a signal, or because the instant has come.
int32_t MutexWait::take_until(RobustList& list, wait::Clock::time_point look) {
    const timespec until = wait::to_timespec(look);
    for (;;) {
        const int32_t result = try_on(list, look);
        if (result != -EBUSY) {
            return result;
        }
        const uint32_t expected = posix_ipc_mutex_arrive(mutex_.get());
        if (expected == 0) {
            continue;
        }
        const int why = posix_ipc_mutex_sleep(mutex_.get(), expected, &until);
        barging_ |= why == 0;
        if (why != 0 && why != EAGAIN) {
            return why == ETIMEDOUT ? -EINTR : -why;
        }
    }
}

int32_t MutexWait::try_on(RobustList& list, wait::Clock::time_point look) {
    const auto until = std::chrono::nanoseconds(look.time_since_epoch()).count();
    const int result =
        posix_ipc_mutex_try_on(mutex_.get(), list.thread(), static_cast<int>(barging_), until);
    if (result == EBUSY && !std::exchange(counted_, true)) {
        // Last: until then the owner needs the memory.
        __atomic_fetch_add(&mutex_->contentions, 1, __ATOMIC_RELAXED);
    }
    return link_taken(list, *mutex_, result);
}

wait::Outcome MutexWait::attempt() {
    const int32_t result = try_lock(*mutex_, barging_);
    return {result == -EBUSY ? -EINTR : result, 0};
}

bool MutexWait::give_back(const wait::Outcome& outcome) noexcept {
    undo(*mutex_, outcome.result);
    return true;
}

} // namespace posix_ipc::lock
