#include "lock/rwlock.h"

#include <algorithm>
#include <sys/random.h>
#include <vector>

#include "core/handles.h"
#include "lock/mutex.h"
#include "lock/place.h"
#include "lock/slot_wait.h"

namespace posix_ipc::lock {

namespace {

/// A lock that JavaScript has open.
struct Open {
    std::shared_ptr<posix_ipc_rwlock> memory;
    RwLock lock;
    int32_t gate = -1;         ///< the handle of a mutex
    std::vector<int32_t> held; ///< the slots in which this object reads
    uint32_t busy = 0;         ///< the slot that a writer has to wait for
    bool upgrading = false;

    /// Where to look for a free slot first: who reads alone finds its own again.
    [[nodiscard]] uint32_t first() const {
        const RobustList* const list = RobustList::of_this_thread();
        const uint32_t thread = list == nullptr ? 0 : list->thread();
        return (thread + static_cast<uint32_t>(held.size())) % lock.slots;
    }
    [[nodiscard]] bool reads_in(int32_t slot) const {
        return std::find(held.begin(), held.end(), slot) != held.end();
    }
    [[nodiscard]] bool has_gate() const { return is_mine(lock.gate()); }
};

/// The locks of one environment. What it reads in is left when it ends; for who writes, see
/// mutex.cc.
class RwLocks : public Facility {
  public:
    explicit RwLocks(Environment& /*environment*/) {}
    void end() noexcept override;

    Handles<Open>& open() { return open_; }
    /// The handle of the gate, or -1.
    int32_t remove(int32_t handle);

  private:
    static void leave(Open& open);

    Handles<Open> open_;
    std::vector<Open> kept_; // read in, and forgotten by JavaScript: for as long as it runs
};

void RwLocks::leave(Open& open) {
    for (const int32_t slot : open.held) {
        leave_slot(open.lock, static_cast<uint32_t>(slot));
    }
    open.held.clear();
    if (std::exchange(open.upgrading, false)) {
        unlock(open.lock.upgrade());
    }
}

void RwLocks::end() noexcept {
    while (const auto held = open_.search(
               [](const Open& open) { return !open.held.empty() || open.upgrading; })) {
        leave(*held->second);
    }
    for (Open& open : kept_) {
        leave(open);
    }
    kept_.clear();
}

int32_t RwLocks::remove(int32_t handle) {
    const Open* const open = open_.find(handle);
    if (open == nullptr) {
        return -1;
    }
    const int32_t gate = open->gate;
    if (!open->held.empty()) {
        kept_.push_back(*open);
    }
    open_.remove(handle);
    return gate;
}

// ---- what JavaScript calls: 0 or more, or a negated errno

RwLocks& rwlocks(Environment& environment) {
    return environment.facility<RwLocks>();
}

Open* find(Environment& environment, int32_t handle) {
    return rwlocks(environment).open().find(handle);
}

int32_t rwlock_init(Environment& /*environment*/, Mapping* mapping, size_t offset, int32_t slots,
                    bool prefer_writers) {
    if (slots < 1 || slots > static_cast<int32_t>(POSIX_IPC_RWLOCK_MOST_SLOTS)) {
        throw ArgumentError(ArgumentError::Kind::range, "slots", "1 to 4096");
    }
    const auto count = static_cast<uint32_t>(slots);
    const auto lock = place_in<posix_ipc_rwlock>(*mapping, offset, posix_ipc_rwlock_size(count));
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_rwlock_init(lock.get(), count, prefer_writers ? POSIX_IPC_RWLOCK_PREFER_WRITERS : 0,
                          id);
    return 0;
}

/// A handle; -EINVAL where there is no such lock, -EPROTO where it has another layout.
int32_t rwlock_at(Environment& environment, Mapping* mapping, size_t offset) {
    Open open{place_in<posix_ipc_rwlock>(*mapping, offset), {}, -1, {}, 0, false};
    open.lock.shared = open.memory.get();
    const int error =
        posix_ipc_rwlock_check(open.lock.shared, mapping->length() - offset, &open.lock.slots);
    if (error != 0) {
        return -error;
    }
    open.gate = open_mutex(environment, {open.memory, &open.lock.gate()});
    if (open.gate < 0) {
        return open.gate;
    }
    const int32_t gate = open.gate;
    const auto handle = rwlocks(environment).open().add(std::move(open));
    if (!handle) {
        close_mutex(environment, gate);
    }
    return handle.value_or(-EMFILE);
}

void rwlock_close(Environment& environment, int32_t handle) {
    const int32_t gate = rwlocks(environment).remove(handle);
    if (gate >= 0) {
        close_mutex(environment, gate);
    }
}

/// The handle of the mutex that who writes, or has to wait, locks.
int32_t rwlock_gate(Environment& environment, int32_t handle) {
    const Open* const open = find(environment, handle);
    return open == nullptr ? -EINVAL : open->gate;
}

int32_t keep(Open& open, int32_t slot) {
    if (slot >= 0) {
        open.held.push_back(slot);
    }
    return slot;
}

int32_t rwlock_try_read(Environment& environment, int32_t handle) {
    Open* const open = find(environment, handle);
    return open == nullptr ? -EINVAL : keep(*open, try_read(open->lock, open->first()));
}

int32_t rwlock_read_unlock(Environment& environment, int32_t handle, int32_t slot) {
    Open* const open = find(environment, handle);
    if (open == nullptr || !open->reads_in(slot)) {
        return -EINVAL;
    }
    std::erase(open->held, slot);
    return leave_slot(open->lock, static_cast<uint32_t>(slot));
}

/// Of who has the gate: as if it were not open otherwise.
Open* find_at_gate(Environment& environment, int32_t handle) {
    Open* const open = find(environment, handle);
    return open != nullptr && open->has_gate() ? open : nullptr;
}

int32_t rwlock_read_from_gate(Environment& environment, int32_t handle) {
    Open* const open = find_at_gate(environment, handle);
    return open == nullptr ? -EPERM : keep(*open, read_from_gate(open->lock, open->first()));
}

int32_t rwlock_adopt(Environment& environment, int32_t handle) {
    const Open* const open = find_at_gate(environment, handle);
    return open == nullptr ? -EPERM : -posix_ipc_rwlock_adopt(open->lock.shared);
}

int32_t rwlock_claim(Environment& environment, int32_t handle, int32_t own) {
    Open* const open = find_at_gate(environment, handle);
    if (open == nullptr || (own >= 0 && !open->reads_in(own))) {
        return -EPERM;
    }
    const int32_t result = claim(open->lock, own, open->busy);
    if (result == 0) {
        std::erase(open->held, own);
    }
    return result;
}

int32_t rwlock_reopen(Environment& environment, int32_t handle) {
    const Open* const open = find_at_gate(environment, handle);
    if (open == nullptr) {
        return -EPERM;
    }
    posix_ipc_rwlock_reopen(open->lock.shared);
    return 0;
}

int32_t rwlock_downgrade(Environment& environment, int32_t handle) {
    Open* const open = find_at_gate(environment, handle);
    return open == nullptr ? -EPERM : keep(*open, downgrade(open->lock, open->first()));
}

int32_t rwlock_upgrade_begin(Environment& environment, int32_t handle, int32_t slot) {
    Open* const open = find(environment, handle);
    if (open == nullptr || !open->reads_in(slot)) {
        return -EINVAL;
    }
    const int32_t result = begin_upgrade(open->lock, static_cast<uint32_t>(slot));
    open->upgrading |= result == 0;
    return result;
}

int32_t rwlock_upgrade_end(Environment& environment, int32_t handle) {
    Open* const open = find(environment, handle);
    if (open == nullptr || !std::exchange(open->upgrading, false)) {
        return -EINVAL;
    }
    for (const int32_t slot : open->held) {
        posix_ipc_rwlock_calm(&open->lock.slot(static_cast<uint32_t>(slot)));
    }
    return unlock(open->lock.upgrade());
}

/// Whether this thread upgrades: then it cannot wait for somebody else to do so.
bool rwlock_upgrades(Environment& environment, int32_t handle) {
    const Open* const open = find(environment, handle);
    return open != nullptr && is_mine(open->lock.upgrade());
}

/// Blocks this thread until the reader that claim() has met leaves; no signal ends it. -EDEADLK: it
/// is this thread.
int32_t rwlock_slot_wait_for(Environment& environment, int32_t handle, int32_t own,
                             Milliseconds timeout) {
    const Open* const open = find_at_gate(environment, handle);
    if (open == nullptr || own >= static_cast<int32_t>(open->lock.slots)) {
        return -EPERM;
    }
    if (is_mine(open->lock.slot(open->busy))) {
        return -EDEADLK;
    }
    SlotWait wait(open->memory, open->lock, own, open->busy);
    return environment.block(wait, timeout, false).result;
}

int32_t rwlock_slot_wait_start(Environment& environment, int32_t handle, int32_t own) {
    const Open* const open = find_at_gate(environment, handle);
    if (open == nullptr || own >= static_cast<int32_t>(open->lock.slots)) {
        return -EPERM;
    }
    return environment.waits().start(
        std::make_unique<SlotWait>(open->memory, open->lock, own, open->busy));
}

/// Whether two handles are of one lock, perhaps in two mappings.
bool rwlock_same(Environment& environment, int32_t handle, int32_t other) {
    const Open* const one = find(environment, handle);
    const Open* const two = find(environment, other);
    return one != nullptr && two != nullptr && one->lock.shared->id == two->lock.shared->id;
}

int32_t rwlock_slots(Environment& environment, int32_t handle) {
    const Open* const open = find(environment, handle);
    return open == nullptr ? -EINVAL : static_cast<int32_t>(open->lock.slots);
}

constexpr size_t look_numbers = 8;

/// Phase, owner of the gate, its bits, since when (milliseconds), writes, waits for the gate,
/// deaths, flags; and for each slot the thread, since when, and how often. A look at each, not all
/// at one instant.
void rwlock_look(Environment& environment, int32_t handle, Numbers into) {
    const Open* const open = find(environment, handle);
    if (open == nullptr || into.size() < look_numbers + 3 * size_t{open->lock.slots}) {
        throw ArgumentError(ArgumentError::Kind::range, "rwlock",
                            "an open lock, and room for 8 and 3 for each slot");
    }
    const posix_ipc_rwlock& lock = *open->lock.shared;
    into[0] = posix_ipc_rwlock_phase(&lock);
    into[1] = shown_owner(lock.gate);
    into[2] = (lock.gate.word & FUTEX_OWNER_DIED) != 0 ? 1 : 0;
    into[3] = static_cast<double>(lock.gate.since) / 1e6;
    into[4] = static_cast<double>(lock.writes);
    into[5] = lock.gate.contentions;
    into[6] = lock.deaths;
    into[7] = lock.flags;
    for (uint32_t i = 0; i < open->lock.slots; i++) {
        const Mutex& slot = open->lock.slot(i);
        const size_t place = look_numbers + 3 * size_t{i};
        into[place] = posix_ipc_owner(&slot);
        into[place + 1] = static_cast<double>(slot.since) / 1e6;
        into[place + 2] = static_cast<double>(slot.acquisitions);
    }
}

} // namespace

void define_rwlock(Exports& exports) {
    exports.function<rwlock_init>("rwlockInit", "mapping", "byteOffset", "slots", "preferWriters");
    exports.function<rwlock_at>("rwlockAt", "mapping", "byteOffset");
    exports.function<rwlock_close>("rwlockClose", "rwlock");
    exports.function<rwlock_gate>("rwlockGate", "rwlock");
    exports.function<rwlock_try_read>("rwlockTryRead", "rwlock");
    exports.function<rwlock_read_unlock>("rwlockReadUnlock", "rwlock", "slot");
    exports.function<rwlock_read_from_gate>("rwlockReadFromGate", "rwlock");
    exports.function<rwlock_adopt>("rwlockAdopt", "rwlock");
    exports.function<rwlock_claim>("rwlockClaim", "rwlock", "own");
    exports.function<rwlock_reopen>("rwlockReopen", "rwlock");
    exports.function<rwlock_downgrade>("rwlockDowngrade", "rwlock");
    exports.function<rwlock_upgrade_begin>("rwlockUpgradeBegin", "rwlock", "slot");
    exports.function<rwlock_upgrade_end>("rwlockUpgradeEnd", "rwlock");
    exports.function<rwlock_upgrades>("rwlockUpgrades", "rwlock");
    exports.function<rwlock_slot_wait_for>("rwlockSlotWaitFor", "rwlock", "own", "timeout");
    exports.function<rwlock_slot_wait_start>("rwlockSlotWaitStart", "rwlock", "own");
    exports.function<rwlock_same>("rwlockSame", "rwlock", "other");
    exports.function<rwlock_slots>("rwlockSlots", "rwlock");
    exports.function<rwlock_look>("rwlockLook", "rwlock", "into");
}

} // namespace posix_ipc::lock
