#include "lock/rwlock_calls.h"

namespace posix_ipc::lock {

namespace {

/// -EBUSY: none is free, but one is going to be.
int32_t take_slot(const RwLock& lock, uint32_t first) {
    for (uint32_t i = 0; i < lock.slots; i++) {
        const uint32_t index = (first + i) % lock.slots;
        Mutex& slot = lock.slot(index);
        if (posix_ipc_owner(&slot) != 0) {
            continue;
        }
        const int32_t result = try_lock(slot, true);
        if (result == -ENOSYS || result == -ENOLCK) {
            return result;
        }
        if (result == taken_after_death) {
            make_consistent(slot); // a reader that died has torn nothing
        }
        if (result >= 0) {
            return static_cast<int32_t>(index);
        }
    }
    return posix_ipc_rwlock_is_full(lock.shared, lock.slots) != 0 ? -EAGAIN : -EBUSY;
}

/// The same, of one who reads there, as nobody can write meanwhile.
int32_t read_in_slot(const RwLock& lock, uint32_t first) {
    const int32_t slot = take_slot(lock, first);
    if (slot >= 0) {
        Mutex& mutex = lock.slot(static_cast<uint32_t>(slot));
        posix_ipc_rwlock_set_reader(&mutex, owner_of(mutex));
    }
    return slot;
}

} // namespace

int32_t try_read(const RwLock& lock, uint32_t first) {
    const int32_t slot = take_slot(lock, first);
    if (slot < 0) {
        return slot;
    }
    Mutex& mutex = lock.slot(static_cast<uint32_t>(slot));
    POSIX_IPC_STEP(reading);
    if (posix_ipc_rwlock_admit(lock.shared) == 0) {
        posix_ipc_rwlock_set_reader(&mutex, owner_of(mutex));
        POSIX_IPC_STEP(admitted);
        return slot;
    }
    unlock(mutex);
    return -EBUSY;
}

int32_t read_from_gate(const RwLock& lock, uint32_t first) {
    if (posix_ipc_rwlock_adopt(lock.shared) != 0) {
        return -EOWNERDEAD;
    }
    const int32_t slot = read_in_slot(lock, first);
    if (slot == -EBUSY) {
        posix_ipc_rwlock_pause();
    }
    return slot;
}

int32_t claim(const RwLock& lock, int32_t own, uint32_t& busy) {
    const uint32_t mine = own < 0 ? lock.slots : static_cast<uint32_t>(own);
    const int32_t result = -posix_ipc_rwlock_claim(lock.shared, lock.slots, mine, &busy);
    if (result == 0 && own >= 0) {
        leave_slot(lock, mine);
        POSIX_IPC_STEP(upgraded);
    }
    return result;
}

int32_t downgrade(const RwLock& lock, uint32_t first) {
    if (!is_mine(lock.gate()) || posix_ipc_rwlock_is_unsettled(lock.shared) != 0) {
        return -EPERM;
    }
    int32_t slot = read_in_slot(lock, first);
    for (int i = 0; slot == -EBUSY && i < POSIX_IPC_RWLOCK_PAUSES; i++) {
        posix_ipc_rwlock_pause();
        slot = read_in_slot(lock, first);
    }
    POSIX_IPC_STEP(downgrading);
    if (slot >= 0) {
        posix_ipc_rwlock_reopen(lock.shared);
    }
    return slot == -EBUSY ? -EAGAIN : slot;
}

int32_t leave_slot(const RwLock& lock, uint32_t slot) {
    posix_ipc_rwlock_set_reader(&lock.slot(slot), 0);
    posix_ipc_rwlock_calm(&lock.slot(slot));
    return unlock(lock.slot(slot));
}

int32_t begin_upgrade(const RwLock& lock, uint32_t own) {
    const int32_t result = try_lock(lock.upgrade(), true);
    if (result == taken_after_death) {
        make_consistent(lock.upgrade());
    }
    if (result < 0) {
        return result == -EBUSY ? -EDEADLK : result;
    }
    posix_ipc_rwlock_nudge(&lock.slot(own));
    return 0;
}

} // namespace posix_ipc::lock
