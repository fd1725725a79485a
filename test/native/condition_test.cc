#include "condition_test.h"

#include <thread>
#include <vector>

#include "core/wait/engine.h"
#include "core/wait/run_sync.h"
#include "lock/condition_wait.h"
#include "lock/mutex_wait.h"
#include "support.h"

namespace posix_ipc::test {

namespace {

using wait::Clock;

constexpr int pairs = 2;

/// The numbers are protected by the mutex alone: ThreadSanitizer sees it if they are not.
struct Store {
    alignas(64) lock::Mutex mutex{};
    alignas(64) posix_ipc_condition filled{};
    alignas(64) posix_ipc_condition emptied{};
    bool is_full = false;
    int64_t put = 0;
    int64_t taken = 0;
    bool stop = false;
};

template <typename T>
std::shared_ptr<T> borrowed(T& thing) {
    return {std::shared_ptr<void>(), &thing};
}

/// One thread, in both ways of waiting.
class Worker {
  public:
    Worker(Store& store, Random random) : store_(store), random_(random) {}

    void put() { work(store_.emptied, store_.filled, true, store_.put); }

    void take() { work(store_.filled, store_.emptied, false, store_.taken); }

  private:
    /// Until it is stopped: waits until the store is not as it makes it.
    void work(posix_ipc_condition& awaited, posix_ipc_condition& told, bool makes_full,
              int64_t& counter) {
        lock();
        while (!store_.stop) {
            if (store_.is_full == makes_full) {
                wait_for(awaited);
                continue;
            }
            posix_ipc_condition_raise(&told, 0);
            store_.is_full = makes_full;
            counter++;
            if (pick(random_, 8) == 0) {
                check_equal(lock::abandon(store_.mutex), 0, "letting go as if dead");
                lock();
            }
        }
        posix_ipc_condition_raise(&awaited, 1);
        posix_ipc_condition_raise(&told, 1);
        check_equal(lock::unlock(store_.mutex), 0, "letting go");
    }

    void lock() {
        lock::MutexWait wait(borrowed(store_.mutex));
        const int32_t taken = wait::run_sync(wait, {}).result;
        check(taken >= 0, "the mutex is taken");
        if (taken == lock::taken_after_death) {
            check_equal(lock::make_consistent(store_.mutex), 0, "a death is settled");
        }
    }

    /// With the mutex. Most wait for as long as it takes: a notification that is lost is a hang.
    void wait_for(posix_ipc_condition& condition) {
        const uint64_t ticket = posix_ipc_condition_enter(&condition);
        const bool gives_up = pick(random_, 8) == 0;
        for (;;) {
            const uint32_t sequence = posix_ipc_condition_look(&condition);
            check_equal(lock::unlock(store_.mutex), 0, "letting go while it waits");
            const int32_t result = sleep(condition, sequence, gives_up);
            lock();
            if (posix_ipc_condition_pass(&condition, ticket) != 0) {
                return;
            }
            if (result == -ETIMEDOUT || result == -ECANCELED) {
                posix_ipc_condition_leave(&condition);
                return;
            }
            check_equal(result, 0, "how a sleep ends");
        }
    }

    int32_t sleep(posix_ipc_condition& condition, uint32_t sequence, bool gives_up) {
        const auto patience = std::chrono::microseconds(pick(random_, 2000));
        if (pick(random_, 2) == 0) {
            wait::SyncLimits limits;
            if (gives_up) {
                limits.deadline = Clock::now() + patience;
            }
            lock::ConditionWait wait(borrowed(condition), sequence);
            return wait::run_sync(wait, limits).result;
        }
        const int32_t id =
            engine_.start(std::make_unique<lock::ConditionWait>(borrowed(condition), sequence));
        check(id >= 0, "a wait begins");
        if (gives_up) {
            std::this_thread::sleep_for(patience);
            return engine_.end(id).outcome.result;
        }
        wait::Engine::End end;
        check_soon([&] { return engine_.collect(&end, 1) == 1; }, "somebody notifies");
        engine_.settle();
        return end.outcome.result;
    }

    Store& store_;
    Random random_;
    wait::Engine engine_{[] {}};
};

void stop(Store& store) {
    lock::MutexWait wait(borrowed(store.mutex));
    const int32_t taken = wait::run_sync(wait, {}).result;
    check(taken >= 0, "the mutex is taken to stop");
    if (taken == lock::taken_after_death) {
        lock::make_consistent(store.mutex);
    }
    store.stop = true;
    posix_ipc_condition_raise(&store.filled, 1);
    posix_ipc_condition_raise(&store.emptied, 1);
    lock::unlock(store.mutex);
}

} // namespace

void conditions_notify(std::chrono::seconds how_long) {
    begin_scenario("conditions notify");
    Store store;
    posix_ipc_mutex_init(&store.mutex, 0, 1);
    posix_ipc_condition_init(&store.filled, 2);
    posix_ipc_condition_init(&store.emptied, 3);
    std::vector<std::thread> threads;
    for (int i = 0; i < pairs; i++) {
        threads.emplace_back([&store, random = new_random()] { Worker(store, random).put(); });
        threads.emplace_back([&store, random = new_random()] { Worker(store, random).take(); });
    }
    std::this_thread::sleep_for(how_long);
    stop(store);
    for (auto& thread : threads) {
        thread.join();
    }
    check_equal(store.put, store.taken + (store.is_full ? 1 : 0), "each was taken once");
    check(store.taken > 0, "somebody has taken");
    check_equal(posix_ipc_condition_look(&store.filled) > 0 ? 1 : 0, 1, "somebody was notified");
    check_equal(__atomic_load_n(&store.filled.waiting, __ATOMIC_RELAXED), 0, "who still waits");
    check_equal(engine_threads(), 0, "threads after it");
}

} // namespace posix_ipc::test
