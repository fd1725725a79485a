#include "lock/mutex_calls.h"

namespace posix_ipc::lock {

namespace {

uint32_t owner_of(const Mutex& mutex) {
    return __atomic_load_n(&mutex.word, __ATOMIC_RELAXED) & FUTEX_TID_MASK;
}

/// The list of the calling thread, if the mutex is its own.
RobustList* own(const Mutex& mutex) {
    RobustList* const list = RobustList::of_this_thread();
    return list != nullptr && owner_of(mutex) == list->thread() ? list : nullptr;
}

/// It leaves the list in any case: a word that others have overwritten is nobody's business any
/// more.
template <typename Release>
int32_t leave(Mutex& mutex, Release release) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr) {
        return -EPERM;
    }
    const RobustList::Announcement announcement(*list, mutex);
    POSIX_IPC_STEP(releasing);
    if (!list->unlink(mutex) || owner_of(mutex) != list->thread()) {
        return -EPERM;
    }
    POSIX_IPC_STEP(unlinked);
    return release(list->thread());
}

} // namespace

bool is_mine(const Mutex& mutex) {
    return own(mutex) != nullptr;
}

int32_t take(RobustList& list, Mutex& mutex, bool barging) {
    const int result = posix_ipc_mutex_take(&mutex, list.thread(), static_cast<int>(barging));
    if (result != 0 && result != EOWNERDEAD) {
        return -result;
    }
    list.link(mutex);
    POSIX_IPC_STEP(linked);
    return result == 0 ? taken : taken_after_death;
}

int32_t try_lock(Mutex& mutex, bool barging) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr || list->full()) {
        return list == nullptr ? -ENOSYS : -ENOLCK;
    }
    const RobustList::Announcement announcement(*list, mutex);
    POSIX_IPC_STEP(announced);
    return take(*list, mutex, barging);
}

int32_t unlock(Mutex& mutex) {
    return leave(mutex, [&](uint32_t thread) { return -posix_ipc_mutex_free(&mutex, thread); });
}

int32_t abandon(Mutex& mutex) {
    return leave(mutex, [&](uint32_t /*thread*/) {
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
