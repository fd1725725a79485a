#include "lock/event_wait.h"

#include "core/wait/timespec.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

int32_t set_event(posix_ipc_event& event) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr) {
        return -ENOSYS;
    }
    const RobustList::Announcement announcement(*list, *posix_ipc_event_place(&event));
    posix_ipc_event_raise(&event, list->thread());
    return 0;
}

bool EventWait::pass() const {
    return posix_ipc_event_pass(shared_.memory.get(), static_cast<int>(shared_.auto_reset),
                                since_) != 0;
}

wait::Outcome EventWait::block() {
    return block_until(never);
}

/// -EINTR: by a signal, or because the instant has come.
wait::Outcome EventWait::block_until(wait::Clock::time_point look) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr) {
        return {-ENOSYS, 0};
    }
    posix_ipc_event* const event = shared_.memory.get();
    // The kernel wakes another one if this thread dies after it was woken for who set it and died.
    const RobustList::Announcement announcement(*list, *posix_ipc_event_place(event));
    const timespec until = wait::to_timespec(look);
    while (!pass()) {
        const uint32_t expected =
            posix_ipc_event_arrive(event, static_cast<int>(shared_.auto_reset), since_);
        if (expected == 0) {
            continue;
        }
        const int why = posix_ipc_event_sleep(event, expected, &until);
        if (why != 0 && why != EAGAIN) {
            return {why == ETIMEDOUT ? -EINTR : -why, 0};
        }
    }
    return {0, 0};
}

wait::Outcome EventWait::attempt() {
    return {pass() ? 0 : -EINTR, 0};
}

bool EventWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result == 0 && shared_.auto_reset) {
        set_event(*shared_.memory);
    }
    return true;
}

} // namespace posix_ipc::lock
