#include "mutex_test.h"

#include <thread>
#include <vector>

#include "core/wait/run_sync.h"
#include "lock/taker.h"
#include "support.h"

namespace posix_ipc::test {

namespace {

using wait::Clock;

constexpr int owners = 4;

/// The number is protected by the mutex alone: ThreadSanitizer sees it if it is not.
struct Protected {
    alignas(64) lock::Mutex mutex{};
    int64_t number = 0;
    std::atomic<int64_t> expected{0};
    std::atomic<bool> stop{false};
};

/// What an environment has: a thread that owns, and one that takes for it.
class Owner {
  public:
    Owner(Protected& shared, Random random)
        : shared_(shared), random_(random), mutex_(std::shared_ptr<void>(), &shared.mutex) {
        check_equal(taker_.start(), 0, "a thread for an owner");
    }

    void run() {
        while (!shared_.stop) {
            const int32_t taken = pick(random_, 2) == 0 ? take_by_thread() : take_here();
            if (taken >= 0) {
                work(taken);
            } else {
                check(taken == -ECANCELED || taken == -ETIMEDOUT, "taking ends well, or early");
            }
        }
    }

  private:
    int32_t take_here() {
        wait::SyncLimits limits;
        limits.deadline = Clock::now() + std::chrono::microseconds(pick(random_, 2000));
        lock::MutexWait wait(mutex_);
        return wait::run_sync(wait, limits).result;
    }

    int32_t take_by_thread() {
        check_soon([this] { return taker_.reserve(); }, "the thread is free again");
        const int32_t id = engine_.expect(std::make_unique<lock::TakerWait>(taker_));
        taker_.begin(mutex_, id);
        wait::Engine::End end;
        if (pick(random_, 2) == 0) {
            sleep_for_us(pick(random_, 200));
            end = engine_.end(id);
        } else {
            check_soon([&] { return engine_.collect(&end, 1) == 1; }, "the mutex is taken");
            engine_.settle();
        }
        if (end.outcome.result < 0) {
            return end.outcome.result;
        }
        if (pick(random_, 4) == 0) {
            taker_.give_back();
            return -ECANCELED;
        }
        return taker_.hand_over(mutex_);
    }

    void work(int32_t taken) {
        if (taken == lock::taken_after_death) {
            check_equal(lock::make_consistent(shared_.mutex), 0, "a death is settled");
        }
        shared_.number++;
        shared_.expected++;
        const bool as_if_dead = pick(random_, 8) == 0;
        check_equal(as_if_dead ? lock::abandon(shared_.mutex) : lock::unlock(shared_.mutex), 0,
                    "letting go");
    }

    Protected& shared_;
    Random random_;
    lock::SharedMutex mutex_;
    std::atomic<int> idle_{0};
    wait::Engine engine_{[] {}};
    lock::Taker taker_{engine_, idle_, 0};
};

} // namespace

void mutexes_exclude(std::chrono::seconds how_long) {
    begin_scenario("mutexes exclude");
    Protected shared;
    posix_ipc_mutex_init(&shared.mutex, 0, 1);
    {
        std::vector<std::thread> threads;
        for (int i = 0; i < owners; i++) {
            threads.emplace_back([&shared, random = new_random()] {
                Owner owner(shared, random);
                owner.run();
            });
        }
        std::this_thread::sleep_for(how_long);
        shared.stop = true;
        for (auto& thread : threads) {
            thread.join();
        }
    }
    const int32_t last = lock::try_lock(shared.mutex, true);
    check(last >= 0, "it is free at last");
    check_equal(shared.number, shared.expected, "nobody was inside with another");
    check(shared.number > 0, "somebody was inside");
    lock::undo(shared.mutex, last);
}

} // namespace posix_ipc::test
