#include "run_sync_test.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/wait/run_sync.h"
#include "resources.h"
#include "support.h"

namespace posix_ipc::test {

namespace {

using wait::Clock;
using wait::SyncLimits;

constexpr std::chrono::milliseconds short_time{30};

SyncLimits until(Clock::time_point deadline) {
    SyncLimits limits;
    limits.deadline = deadline;
    return limits;
}

wait::Outcome run(Resource& resource, const SyncLimits& limits) {
    const auto operation = resource.operation();
    return run_sync(*operation, limits);
}

/// A time out is never early, and takes nothing.
void deadlines(std::unique_ptr<Resource> tokens) {
    begin_scenario("run_sync: deadlines");
    const auto deadline = Clock::now() + short_time;
    check_equal(run(*tokens, until(deadline)).result, -ETIMEDOUT, "nothing came");
    check(Clock::now() >= deadline, "it waited until the deadline");
    check_equal(run(*tokens, until(Clock::now())).result, -ETIMEDOUT, "no time at all");
    tokens->supply();
    const auto outcome = run(*tokens, until(Clock::now() + std::chrono::hours(1)));
    check(outcome.result >= 0, "what is there is taken");
    tokens->collect(outcome);
    tokens->check_balance();
}

/// An owner that must end gets -ECANCELED, without a deadline too.
void going_on(std::unique_ptr<Resource> tokens) {
    begin_scenario("run_sync: going on");
    int asked = 0;
    SyncLimits limits;
    limits.going_on = [&] { return ++asked < 3; };
    limits.ask_from_start = true;
    check_equal(run(*tokens, limits).result, -ECANCELED, "it was told to end");
    check_equal(asked, 3, "times asked");
    tokens->check_balance();
}

/// Who is to be asked only after a signal sleeps until its deadline.
void undisturbed(std::unique_ptr<Resource> tokens) {
    begin_scenario("run_sync: undisturbed");
    int asked = 0;
    SyncLimits limits = until(Clock::now() + 3 * short_time);
    limits.going_on = [&] { return ++asked > 0; };
    check_equal(run(*tokens, limits).result, -ETIMEDOUT, "nothing came");
    check_equal(asked, 0, "times asked");
    tokens->check_balance();
}

/// What came for an owner that must end by then goes back.
void too_late() {
    begin_scenario("run_sync: too late");
    for (const auto make :
         {tokens_in_eventfd, bytes_in_pipe, messages_in_queue, units_in_semaphore}) {
        auto resource = make();
        SyncLimits limits;
        limits.ask_from_start = true;
        limits.going_on = [&] {
            resource->supply(); // while nobody blocks; the next call takes it at once
            return false;
        };
        resource->supply();
        const auto outcome = run(*resource, limits);
        resource->collect(outcome);
        resource->check_balance();
    }
}

/// Calls with the C semantics end at a signal of others; all other calls go on.
void foreign_signals(std::unique_ptr<Resource> tokens) {
    begin_scenario("run_sync: foreign signals");
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, nullptr);
    const pthread_t self = pthread_self();
    std::atomic<bool> stop{false};
    std::thread shooter([&] {
        while (!stop) {
            pthread_kill(self, SIGUSR1);
            sleep_for_us(500);
        }
    });
    const auto deadline = Clock::now() + short_time;
    check_equal(run(*tokens, until(deadline)).result, -ETIMEDOUT, "signals do not end it");
    check(Clock::now() >= deadline, "signals do not shorten it");
    SyncLimits as_in_c;
    as_in_c.until_signal = true;
    check_equal(run(*tokens, as_in_c).result, -EINTR, "a signal ends it, as in C");
    as_in_c.going_on = [] { return true; };
    as_in_c.ask_from_start = true;
    check_equal(run(*tokens, as_in_c).result, -EINTR, "also in a worker");
    SyncLimits main_thread;
    int asked = 0;
    main_thread.going_on = [&] { return ++asked < 2; };
    check_equal(run(*tokens, main_thread).result, -ECANCELED, "after a signal it is asked");
    asked = 0;
    main_thread.deadline = Clock::now() + std::chrono::hours(1);
    check_equal(run(*tokens, main_thread).result, -ECANCELED, "also before its deadline");
    stop = true;
    shooter.join();
    tokens->check_balance();
}

/// Many threads block with short deadlines; every token is taken once or is still there.
void taking_at_the_deadline() {
    begin_scenario("run_sync: taking at the deadline");
    std::vector<std::unique_ptr<Resource>> market;
    market.push_back(tokens_in_eventfd());
    market.push_back(messages_in_queue());
    market.push_back(units_in_semaphore());
    market.push_back(room_in_queue());
    std::vector<std::thread> takers;
    for (int i = 0; i < 6; i++) {
        takers.emplace_back([&market, random = new_random()]() mutable {
            for (int round = 0; round < 400; round++) {
                Resource& resource = *market[random() % market.size()];
                const std::chrono::microseconds patience(pick(random, 1500));
                SyncLimits limits = until(Clock::now() + patience);
                if (pick(random, 2) == 0) {
                    limits.going_on = [&] { return pick(random, 4) > 0; };
                    limits.ask_from_start = pick(random, 2) == 0;
                }
                resource.collect(run(resource, limits));
            }
        });
    }
    std::atomic<bool> stop{false};
    std::thread supplier([&] {
        while (!stop) {
            for (const auto& resource : market) {
                resource->supply();
            }
            sleep_for_us(300);
        }
    });
    for (auto& taker : takers) {
        taker.join();
    }
    stop = true;
    supplier.join();
    for (const auto& resource : market) {
        resource->check_balance();
    }
}

} // namespace

void run_sync_keeps_its_promises() {
    // A call that an alarm gets out of the kernel, and one with a timeout of its own.
    for (const auto make : {tokens_in_eventfd, units_in_semaphore}) {
        deadlines(make());
        going_on(make());
        undisturbed(make());
        foreign_signals(make());
    }
    too_late();
    taking_at_the_deadline();
}

} // namespace posix_ipc::test
