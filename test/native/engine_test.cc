// Stress test of native/core/wait without JavaScript. Every unit that a wait took is collected or
// given back, once; every wait ends once; no thread is left.
//
// engine_test [SECONDS [SEED]]: storms last about SECONDS (default 5). In CI as it is; by hand for
// longer, best under ThreadSanitizer: npm run test:tsan.

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "channel_test.h"
#include "condition_test.h"
#include "core/wait/engine.h"
#include "core/wait/signal.h"
#include "locks_test.h"
#include "mutex_test.h"
#include "run_sync_test.h"
#include "stack_test.h"
#include "storm.h"
#include "support.h"
#include "temporary_queue.h"

namespace posix_ipc::test {

namespace {

using wait::Engine;
using SteadyClock = std::chrono::steady_clock;

constexpr int most_idle_threads = 8; // Engine::most_idle_threads

/// Runs `body` again and again in a thread of its own, as long as this lives.
class Repeated {
  public:
    explicit Repeated(std::function<void(Random&)> body)
        : thread_([this, body = std::move(body), random = new_random()]() mutable {
              while (!stop_) {
                  body(random);
                  sleep_for_us(pick(random, 100));
              }
          }) {}
    Repeated(const Repeated&) = delete;
    Repeated& operator=(const Repeated&) = delete;
    ~Repeated() {
        stop_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

Market full_market() {
    Market market;
    market.push_back(tokens_in_eventfd());
    market.push_back(tokens_in_futex());
    market.push_back(units_in_semaphore());
    market.push_back(bytes_in_pipe());
    market.push_back(messages_in_queue());
    market.push_back(room_in_queue());
    return market;
}

/// One to three engines, as in a process with workers, that take from the same resources.
void one_storm(Random& random, int steps) {
    Market market = full_market();
    {
        const Repeated supplier([&](Random& own) {
            for (const auto& resource : market) {
                for (int i = pick(own, 4); i > 0; i--) {
                    resource->supply();
                }
            }
        });
        std::vector<std::thread> owners;
        for (int i = 1 + pick(random, 3); i > 0; i--) {
            const auto ending = static_cast<Ending>(pick(random, 3));
            owners.emplace_back(storm, std::ref(market), new_random(), pick(random, steps), ending);
        }
        for (auto& owner : owners) {
            owner.join();
        }
    }
    for (const auto& resource : market) {
        resource->check_balance();
    }
    check_equal(engine_threads(), 0, "threads after a storm");
}

int storms(std::chrono::seconds how_long) {
    begin_scenario("storms");
    Random random = new_random();
    const auto end = SteadyClock::now() + how_long;
    int count = 0;
    do {
        one_storm(random, 1000);
        begin_scenario("storms"); // each has the watchdog's whole patience
        count++;
    } while (SteadyClock::now() < end);
    return count;
}

/// Signals of others must not end a wait, nor make it take twice.
void storms_under_signals(std::chrono::seconds how_long) {
    begin_scenario("storms under signals");
    std::signal(SIGUSR1, [](int) {});
    const Repeated shooter([](Random& random) {
        kill(getpid(), pick(random, 2) == 0 ? SIGUSR1 : wait::wake_signal());
    });
    storms(how_long);
}

/// Waits that end before their threads have begun, and engines that end as soon as they have waits.
void ends_before_beginnings() {
    begin_scenario("ends before beginnings");
    Random random = new_random();
    for (int i = 0; i < 500; i++) {
        Market market;
        market.push_back(tokens_in_eventfd());
        market.front()->supply();
        {
            Engine engine([] {});
            for (int waits = 1 + pick(random, 4); waits > 0; waits--) {
                const int32_t id = engine.start(market.front()->operation());
                if (pick(random, 3) == 0) {
                    market.front()->collect(engine.end(id).outcome);
                } else if (pick(random, 2) == 0) {
                    engine.cancel(id);
                }
            }
        }
        market.front()->check_balance();
    }
    check_equal(engine_threads(), 0, "threads of ended engines");
}

/// As many threads as waits, and no more than the idle ones afterwards; they are used again.
void three_hundred_waits() {
    begin_scenario("three hundred waits");
    constexpr int waits = 300;
    auto tokens = tokens_in_eventfd();
    Engine engine([] {});
    std::vector<Engine::End> ends(waits);
    for (int round = 0; round < 3; round++) {
        std::vector<int32_t> ids;
        for (int i = 0; i < waits; i++) {
            ids.push_back(engine.start(tokens->operation()));
        }
        check_soon([] { return engine_threads() == waits; }, "one thread per wait");
        for (const int32_t id : ids) {
            engine.cancel(id);
        }
        size_t ended = 0;
        check_soon([&] { return (ended += engine.collect(ends.data(), waits)) == waits; },
                   "all of them end");
        engine.settle();
        check_soon([] { return engine_threads() <= most_idle_threads; }, "idle threads go");
    }
    engine.shut_down();
    check_equal(engine_threads(), 0, "threads after shut_down()");
    tokens->check_balance();
}

/// A removed queue ends the waits of it with EIDRM, whether they have reached the kernel or not.
void removal() {
    begin_scenario("removal");
    constexpr int waits = 40;
    Random random = new_random();
    for (int round = 0; round < 50; round++) {
        const TemporaryQueue empty;
        const TemporaryQueue full;
        while (full.send(1)) {
        }
        Engine engine([] {});
        for (int i = 0; i < waits; i += 2) {
            engine.start(std::make_unique<sysv::MessageArrival>(empty.id(), 0, 0));
            engine.start(
                std::make_unique<sysv::OwnedMessageSend>(full.id(), TemporaryQueue::message(1), 1));
        }
        sleep_for_us(pick(random, 3000));
        empty.remove();
        full.remove();
        std::vector<Engine::End> ends(waits);
        size_t ended = 0;
        check_soon([&] { return (ended += engine.collect(&ends[ended], waits - ended)) == waits; },
                   "all of them end");
        for (const auto& end : ends) {
            check_equal(end.outcome.result, -EIDRM, "the end of a wait on a removed queue");
        }
    }
}

/// A repeated call that finds its message too long is not taken for one that finds no queue.
void too_long() {
    begin_scenario("too long");
    const TemporaryQueue queue;
    const size_t size = 1 << 24; // more than kernel.msgmax
    const auto message = TemporaryQueue::message(size);
    sysv::MessageSend send(queue.id(), message.data(), size, true);
    check_equal(send.block().result, -EINVAL, "what no queue takes");
    queue.remove();
    check_equal(send.block().result, -EIDRM, "the same, once the queue is gone");
}

/// Nobody of this user can have one more timer or queued signal, as long as this lives.
class NoTimers {
  public:
    NoTimers() {
        getrlimit(RLIMIT_SIGPENDING, &before_);
        const rlimit none{0, before_.rlim_max};
        setrlimit(RLIMIT_SIGPENDING, &none);
    }
    NoTimers(const NoTimers&) = delete;
    NoTimers& operator=(const NoTimers&) = delete;
    ~NoTimers() { setrlimit(RLIMIT_SIGPENDING, &before_); }

  private:
    rlimit before_{};
};

/// A wait that has begun can always be ended; one that could not be does not begin.
void without_timers() {
    begin_scenario("without timers");
    auto tokens = tokens_in_eventfd();
    for (int round = 0; round < 2; round++) {
        Engine engine([] {});
        std::vector<int32_t> ids;
        for (int i = 0; i < 10; i++) {
            ids.push_back(engine.start(tokens->operation()));
        }
        check_soon([] { return engine_threads() == 10; }, "the threads are there");
        sleep_for_us(10'000); // and in their system calls
        const NoTimers limit;
        check_equal(engine.end(ids[0]).outcome.result, -ECANCELED,
                    "an old wait, ended without timers");
        check_equal(engine.end(ids[1]).outcome.result, -ECANCELED, "another one");
        engine.cancel(ids[2]);
        for (int i = 0; i < 4; i++) {
            const int32_t id = engine.start(tokens->operation());
            const int32_t result = id < 0 ? id : engine.end(id).outcome.result;
            check(result == -ECANCELED || result == wait::no_timer,
                  "a new wait, ended without timers");
        }
    }
    tokens->check_balance();
}

/// A thread that got no timer is not used again: a later wait begins.
void timers_come_back() {
    begin_scenario("timers come back");
    auto tokens = tokens_in_eventfd();
    std::atomic<bool> told = false;
    Engine engine([&] { told = true; });
    {
        const NoTimers limit;
        engine.start(tokens->operation());
        check_soon([&] { return told.load(); }, "a wait without a timer ends by itself");
    }
    Engine::End end;
    check_equal(engine.collect(&end, 1), size_t{1}, "ends");
    check_equal(end.outcome.result, wait::no_timer, "its end");
    engine.settle();
    check_equal(engine.end(engine.start(tokens->operation())).outcome.result, -ECANCELED,
                "a wait, once there are timers");
    tokens->check_balance();
}

} // namespace

} // namespace posix_ipc::test

int main(int count, char** arguments) {
    using namespace posix_ipc::test;
    const std::chrono::seconds how_long(count > 1 ? std::atoi(arguments[1]) : 5);
    const unsigned seed =
        count > 2 ? std::strtoul(arguments[2], nullptr, 10) : std::random_device{}();
    seed_all(seed);
    begin_scenario("start");
    stacks_are_guarded_and_used_again();
    stacks_of_ended_threads_go();
    ends_before_beginnings();
    three_hundred_waits();
    removal();
    too_long();
    without_timers();
    timers_come_back();
    run_sync_keeps_its_promises();
    mutexes_exclude(how_long / 2);
    conditions_notify(how_long / 2);
    readers_and_writers_exclude(how_long / 2);
    threads_meet(how_long / 2);
    events_pass_on(how_long / 2);
    channels_pass_messages(how_long / 2);
    growing_channels_pass_messages(how_long / 2);
    const int rounds = storms(how_long);
    storms_under_signals(how_long / 2);
    std::printf("engine_test: passed, %d storms and more (seed %u)\n", rounds, seed);
    return 0;
}
