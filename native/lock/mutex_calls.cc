#include "lock/mutex_calls.h"

namespace posix_ipc::lock {

namespace {

/// The list of the calling thread, if the mutex is its own.
RobustList* own(const Mutex& mutex) {
    RobustList* const list = RobustList::of_this_thread();
    return list != nullptr && owner_of(mutex) == list->thread() ? list : nullptr;
}

} // namespace

bool is_mine(const Mutex& mutex) {
    return own(mutex) != nullptr;
}

int32_t try_lock(Mutex& mutex, bool barging) {
    RobustList* const list = RobustList::of_this_thread();
    return list == nullptr ? -ENOSYS : try_lock(*list, mutex, barging);
}

int32_t unlock(Mutex& mutex) {
    RobustList* const list = RobustList::of_this_thread();
    return list == nullptr ? -EPERM : unlock(*list, mutex);
}

int32_t abandon(Mutex& mutex) {
    RobustList* const list = RobustList::of_this_thread();
    return list == nullptr ? -EPERM : leave(*list, mutex, [&](uint32_t /*thread*/) {
        posix_ipc_mutex_die(&mutex);
        return 0;
    });
}

int32_t make_consistent(Mutex& mutex) {
    return own(mutex) == nullptr ? -EPERM : -posix_ipc_mutex_settle(&mutex);
}

void undo(Mutex& mutex, int32_t result) {
    if (result == taken) {
        unlock(mutex);
    } else if (result == taken_after_death) {
        abandon(mutex);
    }
}

int32_t take_over(Mutex& mutex, uint32_t from) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr || list->full()) {
        return list == nullptr ? -ENOSYS : -ENOLCK;
    }
    const RobustList::Announcement announcement(*list, mutex);
    uint32_t word = __atomic_load_n(&mutex.word, __ATOMIC_RELAXED);
    do {
        if ((word & FUTEX_TID_MASK) != from) {
            return -EPERM; // somebody has written what is not theirs
        }
    } while (!__atomic_compare_exchange_n(&mutex.word, &word,
                                          (word & ~uint32_t{FUTEX_TID_MASK}) | list->thread(),
                                          false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    POSIX_IPC_STEP(renamed);
    list->link(mutex);
    POSIX_IPC_STEP(handed);
    return 0;
}

} // namespace posix_ipc::lock
