#pragma once

#include <cstdint>

#include "lock/robust_list.h"

namespace posix_ipc::lock {

/// How taking has ended well: as the result of an operation. Else it is a negated errno: -EBUSY,
/// -ENOTRECOVERABLE, -ENOLCK (the thread has too many), -ENOSYS (not with this libc).
constexpr int32_t taken = 0;
constexpr int32_t taken_after_death = 1; ///< its last owner has died, or has given it up as if dead

inline uint32_t owner_of(const Mutex& mutex) {
    return __atomic_load_n(&mutex.word, __ATOMIC_RELAXED) & FUTEX_TID_MASK;
}

/// As JavaScript is told: also that nobody can have it any more.
inline uint32_t shown_owner(const Mutex& mutex) {
    return posix_ipc_mutex_is_unusable(&mutex) != 0 ? POSIX_IPC_MUTEX_LOST : owner_of(mutex);
}

// What a thread does that knows its list.

/// What the header has answered who tried to take it, within an announcement.
inline int32_t link_taken(RobustList& list, Mutex& mutex, int result) {
    if (result != 0 && result != EOWNERDEAD) {
        return -result;
    }
    list.link(mutex);
    POSIX_IPC_STEP(linked);
    return result == 0 ? taken : taken_after_death;
}

/// Overtakes those who wait, in a fair mutex too, if `barging`.
inline int32_t try_lock(RobustList& list, Mutex& mutex, bool barging) {
    if (list.full()) {
        return -ENOLCK;
    }
    const RobustList::Announcement announcement(list, mutex);
    POSIX_IPC_STEP(announced);
    return link_taken(list, mutex,
                      posix_ipc_mutex_take(&mutex, list.thread(), static_cast<int>(barging)));
}

/// It leaves the list in any case: a word that others have overwritten is nobody's business any
/// more.
template <typename Release>
int32_t leave(RobustList& list, Mutex& mutex, Release release) {
    const RobustList::Announcement announcement(list, mutex);
    POSIX_IPC_STEP(releasing);
    if (!list.unlink(mutex) || owner_of(mutex) != list.thread()) {
        return -EPERM;
    }
    POSIX_IPC_STEP(unlinked);
    return release(list.thread());
}

/// 0; -EPERM: the thread has not locked it; -ENOTRECOVERABLE: nobody can lock it any more.
inline int32_t unlock(RobustList& list, Mutex& mutex) {
    return leave(list, mutex,
                 [&](uint32_t thread) { return -posix_ipc_mutex_free(&mutex, thread); });
}

// What the calling thread does, whatever JavaScript does or does not run in it.

/// As of its list.
int32_t try_lock(Mutex& mutex, bool barging);

/// As of its list.
int32_t unlock(Mutex& mutex);

/// As if the thread had died: the next owner is told.
int32_t abandon(Mutex& mutex);

/// 0; -EINVAL: nobody has died; -EPERM.
int32_t make_consistent(Mutex& mutex);

/// Undoes what try_lock has answered, as if it had not been called.
void undo(Mutex& mutex, int32_t result);

/// Takes over what another thread has taken for this one, and still announces. 0, or a negated
/// errno.
int32_t take_over(Mutex& mutex, uint32_t from);

/// Whether the calling thread is the owner.
bool is_mine(const Mutex& mutex);

} // namespace posix_ipc::lock
