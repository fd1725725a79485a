// rwlock_steps ROUNDS [SEED]: for each step of the readers-writer lock's protocol, so many
// processes kill themselves right after it, while two others read, write and upgrade. Those must go
// on, find the data whole, or be told of a death. Prints how many died where.

#include <array>
#include <random>
#include <sched.h>
#include <string>

#include "harness.h"
#include "lock/mutex_wait.h"
#include "lock/slot_wait.h"

namespace posix_ipc::test {

namespace {

constexpr uint32_t slots = 8;

/// What all processes share. The numbers differ only while somebody writes.
struct Shared {
    alignas(
        64) std::array<std::byte, sizeof(posix_ipc_rwlock) + slots * sizeof(lock::Mutex)> memory;
    std::atomic<uint64_t> first;
    std::atomic<uint64_t> second;
    std::atomic<uint64_t> told;
    std::atomic<uint64_t> torn;

    [[nodiscard]] lock::RwLock rwlock() {
        return {reinterpret_cast<posix_ipc_rwlock*>(memory.data()), slots};
    }
};

/// One process's work, as lib/lock/rwlock-request.ts does it.
class Worker {
  public:
    Worker(Shared& shared, std::minstd_rand random)
        : shared_(shared), lock_(shared.rwlock()), random_(random) {}

    void work() {
        switch (random_() % 4) {
        case 0:
            read(false);
            return;
        case 1:
            read(true);
            return;
        default:
            write();
        }
    }

  private:
    void take_gate() {
        lock::MutexWait wait({std::shared_ptr<void>(), &lock_.gate()});
        const int32_t tried = lock::try_lock(lock_.gate(), false);
        const int32_t result = tried == -EBUSY ? wait.block().result : tried;
        if (result < 0) {
            fail("the gate failed with " + std::to_string(result));
        }
    }

    void leave_gate() {
        posix_ipc_rwlock_reopen(lock_.shared);
        if (lock::unlock(lock_.gate()) != 0) {
            fail("the gate cannot be left");
        }
    }

    void look() {
        if (shared_.first != shared_.second) {
            fail("the data is torn, and nobody was told");
        }
    }

    /// Alone.
    void change() {
        look();
        shared_.first++;
        reached("torn");
        spin(random_() % 4096);
        shared_.second++;
    }

    /// The last one that wrote has died; this one is alone.
    void settle() {
        shared_.told++;
        shared_.torn += shared_.first != shared_.second ? 1 : 0;
        shared_.second.store(shared_.first);
        if (lock::make_consistent(lock_.gate()) != 0) {
            fail("a death cannot be settled");
        }
        change();
        leave_gate();
    }

    /// A slot; -1: it was told, and has done its work.
    int32_t enter() {
        int32_t slot = lock::try_read(lock_, 0);
        if (slot != -EBUSY) {
            return slot;
        }
        take_gate();
        slot = lock::read_from_gate(lock_, 0);
        if (slot == -EOWNERDEAD) {
            settle();
            return -1;
        }
        leave_gate();
        return slot;
    }

    void read(bool upgrades) {
        const int32_t slot = enter();
        if (slot == -1) {
            return;
        }
        if (slot < 0) {
            fail("reading failed with " + std::to_string(slot));
        }
        look();
        if (upgrades && lock::begin_upgrade(lock_, static_cast<uint32_t>(slot)) == 0) {
            upgrade(slot);
            return;
        }
        spin(random_() % 1024);
        look();
        lock::leave_slot(lock_, static_cast<uint32_t>(slot));
    }

    void upgrade(int32_t slot) {
        take_gate();
        if (posix_ipc_rwlock_adopt(lock_.shared) != 0) {
            fail("a reader is told of a death");
        }
        if (drain(slot) != 0) {
            fail("an upgrade does not go on");
        }
        lock::unlock(lock_.upgrade());
        change();
        const int32_t kept = lock::downgrade(lock_, 0);
        if (kept < 0 || lock::unlock(lock_.gate()) != 0) {
            fail("downgrading failed with " + std::to_string(kept));
        }
        look();
        lock::leave_slot(lock_, static_cast<uint32_t>(kept));
    }

    void write() {
        for (;;) {
            take_gate();
            if (posix_ipc_rwlock_adopt(lock_.shared) != 0) {
                settle();
                return;
            }
            if (drain(-1) == 0) {
                change();
                leave_gate();
                return;
            }
            leave_gate();
            sched_yield();
        }
    }

    /// 0: alone; -EAGAIN: somebody else upgrades.
    int32_t drain(int32_t own) {
        for (;;) {
            uint32_t busy = 0;
            const int32_t result = lock::claim(lock_, own, busy);
            if (result != -EBUSY) {
                return result;
            }
            lock::SlotWait wait({}, lock_, own, busy);
            wait.block();
        }
    }

    Shared& shared_;
    lock::RwLock lock_;
    std::minstd_rand random_;
};

constexpr std::array steps{
    "announced", "taken", "linked",    "reading",  "admitted", "adopted",  "announced_writer",
    "claimed",   "torn",  "reopened",  "nudged",   "upgraded", "arriving", "marked",
    "sleeping",  "awake", "releasing", "unlinked", "freed",    "nobody",   "downgrading"};

} // namespace

int run(int rounds, unsigned seed) {
    auto& shared = share<Shared>();
    posix_ipc_rwlock_init(shared.rwlock().shared, slots, 0, 1);
    const Live live = [&shared](unsigned random, bool /*mortal*/) {
        Worker worker(shared, std::minstd_rand(random));
        return [worker]() mutable { worker.work(); };
    };
    const int dead = kill_after_each({steps.begin(), steps.end()}, rounds, seed, live);
    std::printf("%d died at %zu steps, %lu told, %lu torn\n", dead, steps.size(),
                shared.told.load(), shared.torn.load());
    return 0;
}

} // namespace posix_ipc::test
