#include "locks_test.h"

#include <array>
#include <cerrno>
#include <functional>
#include <thread>
#include <vector>

#include "lock/barrier_wait.h"
#include "lock/event_wait.h"
#include "lock/mutex_wait.h"
#include "lock/slot_wait.h"
#include "support.h"

namespace posix_ipc::test {

namespace {

constexpr size_t workers = 3;

/// Each in a thread of its own, which ends by itself.
void run_all(const std::function<void(size_t number, Random random)>& work,
             const std::function<void()>& meanwhile) {
    std::vector<std::thread> threads;
    for (size_t i = 0; i < workers; i++) {
        threads.emplace_back(work, i, new_random());
    }
    meanwhile();
    for (auto& thread : threads) {
        thread.join();
    }
}

// ---- the readers-writer lock

constexpr uint32_t slots = 4;

/// The numbers are protected by the lock alone: ThreadSanitizer sees it if they are not.
struct Shared {
    alignas(
        64) std::array<std::byte, sizeof(posix_ipc_rwlock) + slots * sizeof(lock::Mutex)> memory{};
    int64_t first = 0;
    int64_t second = 0;
    std::atomic<int64_t> expected{0};
    std::atomic<bool> stop{false};

    [[nodiscard]] lock::RwLock rwlock() {
        return {reinterpret_cast<posix_ipc_rwlock*>(memory.data()), slots};
    }
};

/// As lib/lock/rwlock-request.ts does it.
class Reader {
  public:
    Reader(Shared& shared, Random random)
        : shared_(shared), lock_(shared.rwlock()), random_(random) {}

    void run() {
        while (!shared_.stop) {
            switch (pick(random_, 4)) {
            case 0:
                write();
                break;
            case 1:
                read(true);
                break;
            default:
                read(false);
            }
        }
    }

  private:
    void take_gate() {
        lock::MutexWait wait({std::shared_ptr<void>(), &lock_.gate()});
        check_equal(wait.block().result, lock::taken, "the gate");
        check_equal(posix_ipc_rwlock_adopt(lock_.shared), 0, "nobody has died");
    }

    void leave_gate() {
        posix_ipc_rwlock_reopen(lock_.shared);
        check_equal(lock::unlock(lock_.gate()), 0, "the gate is left");
    }

    /// Of who has the gate: whether it may write.
    bool drain(int32_t own) {
        for (;;) {
            uint32_t busy = 0;
            const int32_t result = lock::claim(lock_, own, busy);
            if (result != -EBUSY) {
                return result == 0;
            }
            lock::SlotWait({}, lock_, own, busy).block();
        }
    }

    void change() {
        shared_.first++;
        shared_.second++;
        shared_.expected++;
    }

    void look() { check_equal(shared_.first, shared_.second, "nobody writes meanwhile"); }

    void write() {
        take_gate();
        if (drain(-1)) {
            change();
        }
        leave_gate();
    }

    uint32_t enter() {
        int32_t slot = lock::try_read(lock_, 0);
        if (slot == -EBUSY) {
            take_gate();
            slot = lock::read_from_gate(lock_, 0);
            leave_gate();
        }
        check(slot >= 0, "there is a slot");
        return static_cast<uint32_t>(slot);
    }

    void read(bool upgrades) {
        uint32_t slot = enter();
        look();
        if (upgrades && lock::begin_upgrade(lock_, slot) == 0) {
            take_gate();
            check(drain(static_cast<int32_t>(slot)), "who upgrades goes first");
            lock::unlock(lock_.upgrade());
            change();
            const int32_t kept = lock::downgrade(lock_, 0);
            check(kept >= 0, "there is a slot to downgrade to");
            check_equal(lock::unlock(lock_.gate()), 0, "the gate is left");
            slot = static_cast<uint32_t>(kept);
            look();
        }
        check_equal(lock::leave_slot(lock_, slot), 0, "the slot is left");
    }

    Shared& shared_;
    lock::RwLock lock_;
    Random random_;
};

} // namespace

void readers_and_writers_exclude(std::chrono::seconds how_long) {
    begin_scenario("readers and writers exclude");
    Shared shared;
    posix_ipc_rwlock_init(shared.rwlock().shared, slots, 0, 1);
    run_all([&](size_t /*number*/, Random random) { Reader(shared, random).run(); },
            [&] {
                std::this_thread::sleep_for(how_long);
                shared.stop = true;
            });
    check_equal(shared.first, shared.expected, "nobody wrote with another");
    check(shared.first > 0, "somebody wrote");
}

void threads_meet(std::chrono::seconds how_long) {
    begin_scenario("threads meet");
    alignas(64) std::array<std::byte, workers * sizeof(lock::Mutex)> memory{};
    auto* const barrier = reinterpret_cast<posix_ipc_barrier*>(memory.data());
    posix_ipc_barrier_init(barrier, workers, 1);
    const lock::SharedBarrier shared{{std::shared_ptr<void>(), barrier}, workers};
    std::array<int64_t, workers> done{};
    std::atomic<bool> stop{false};
    std::atomic<int64_t> last{0};
    bool over = false; // written by the last one to come, read by all when they have met again
    const auto meet = [&] {
        const int32_t result = lock::BarrierWait(shared).block().result;
        check(result >= 0, "nobody has died");
        return result == lock::passed_last;
    };
    run_all(
        [&](size_t number, Random /*random*/) {
            for (int64_t round = 1; !over; round++) {
                done[number] = round;
                const bool was_last = meet();
                for (const int64_t one : done) {
                    check_equal(one, round, "all have come");
                }
                last += was_last ? 1 : 0;
                meet();
                if (number == 0) {
                    over = stop;
                }
                meet();
            }
        },
        [&] {
            std::this_thread::sleep_for(how_long);
            stop = true;
        });
    check_equal(last, done[0], "one of each meeting was the last");
}

void events_pass_on(std::chrono::seconds how_long) {
    begin_scenario("events pass on");
    alignas(64) std::array<posix_ipc_event, workers> turns{};
    for (size_t i = 0; i < workers; i++) {
        posix_ipc_event_init(&turns[i], POSIX_IPC_EVENT_AUTO_RESET, i == 0 ? 1 : 0, 1);
    }
    int64_t rounds = 0; // of who has the turn
    std::atomic<bool> stop{false};
    run_all(
        [&](size_t number, Random /*random*/) {
            const lock::SharedEvent turn{{std::shared_ptr<void>(), &turns[number]}, true};
            for (bool over = false; !over;) {
                const uint32_t since = __atomic_load_n(&turn.memory->sets, __ATOMIC_SEQ_CST);
                check_equal(lock::EventWait(turn, since).block().result, 0, "a turn");
                over = stop;
                rounds++;
                check_equal(lock::set_event(turns[(number + 1) % workers]), 0, "the next one");
            }
        },
        [&] {
            std::this_thread::sleep_for(how_long);
            stop = true;
        });
    check(rounds > 0, "there were turns");
}

} // namespace posix_ipc::test
