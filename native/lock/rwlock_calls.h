#pragma once

#include <cstdint>

#include "lock/mutex_calls.h"

#include "posix-ipc/rwlock_state.h"

namespace posix_ipc::lock {

static_assert(sizeof(posix_ipc_rwlock) == 192);

/// A readers-writer lock in memory that processes share: docs/rwlock.md.
struct RwLock {
    posix_ipc_rwlock* shared = nullptr;
    uint32_t slots = 0; ///< as it was checked: others can write into the memory

    [[nodiscard]] Mutex& gate() const { return shared->gate; }
    [[nodiscard]] Mutex& upgrade() const { return shared->upgrade; }
    [[nodiscard]] Mutex& slot(uint32_t index) const {
        return *posix_ipc_rwlock_slot(shared, index);
    }
};

// What the calling thread does. A slot, where not 0 or 1 is said, or a negated errno: -EAGAIN: all
// slots are taken; -ENOLCK, -ENOSYS.

/// Looks for a free slot from `first` on. -EBUSY: it would have to queue for the gate.
int32_t try_read(const RwLock& lock, uint32_t first);

/// Of a reader: 0, or -EPERM.
int32_t leave_slot(const RwLock& lock, uint32_t slot);

// Of the owner of the gate, which it has just got or has kept:

/// -EOWNERDEAD: it has to write: see posix_ipc_rwlock_adopt(). Else it has to leave the gate;
/// -EBUSY: and to begin anew, as no slot is free, but one is going to be.
int32_t read_from_gate(const RwLock& lock, uint32_t first);

/// As posix_ipc_rwlock_claim(), negated; `own` is -1 where it is no upgrade.
int32_t claim(const RwLock& lock, int32_t own, uint32_t& busy);

/// A writer reads on, and has to leave the gate. -EPERM: a death is not settled.
int32_t downgrade(const RwLock& lock, uint32_t first);

/// Of a reader, before it queues for the gate to write: 0; -EDEADLK: there is another one.
int32_t begin_upgrade(const RwLock& lock, uint32_t own);

} // namespace posix_ipc::lock
