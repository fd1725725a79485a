#pragma once

#include <cstdint>

#include "lock/robust_list.h"

namespace posix_ipc::lock {

/// How taking has ended well: as the result of an operation. Else it is a negated errno: -EBUSY,
/// -ENOTRECOVERABLE, -ENOLCK (the thread has too many), -ENOSYS (not with this libc).
constexpr int32_t taken = 0;
constexpr int32_t taken_after_death = 1; ///< its last owner has died, or has given it up as if dead

// What the calling thread does, whatever JavaScript does or does not run in it.

/// Overtakes those who wait, in a fair mutex too, if `barging`.
int32_t try_lock(Mutex& mutex, bool barging);

/// 0; -EPERM: the thread has not locked it; -ENOTRECOVERABLE: nobody can lock it any more.
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

/// What try_lock does within an announcement.
int32_t take(RobustList& list, Mutex& mutex, bool barging);

} // namespace posix_ipc::lock
