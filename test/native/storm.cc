#include "storm.h"

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "core/wait/engine.h"

namespace posix_ipc::test {

namespace {

using wait::Engine;

/// What wakes an event loop: rung by the engine, heard by its owner.
class Bell {
  public:
    void ring() {
        const std::scoped_lock lock(mutex_);
        rung_ = true;
        heard_.notify_one();
    }

    /// Whether it rang within so many microseconds.
    bool wait(int microseconds) {
        std::unique_lock lock(mutex_);
        heard_.wait_for(lock, std::chrono::microseconds(microseconds), [&] { return rung_; });
        return std::exchange(rung_, false);
    }

  private:
    std::mutex mutex_;
    std::condition_variable heard_;
    bool rung_ = false;
};

/// The thread that owns an engine, as an event loop does.
class Owner {
  public:
    Owner(Market& market, Random random)
        : market_(market), random_(random), engine_([this] { bell_.ring(); }) {}

    void step() {
        switch (pick(random_, 8)) {
        case 0:
        case 1:
        case 2:
            start();
            break;
        case 3:
            cancel_one();
            break;
        case 4:
            end_one();
            break;
        default:
            if (bell_.wait(pick(random_, 200))) {
                collect_all();
            }
        }
    }

    /// Nothing but the bell says when to collect: an end that does not ring would be lost.
    void cancel_all_and_hear_of_each() {
        for (const auto& [id, resource] : pending_) {
            check(engine_.cancel(id), "a pending wait is known");
        }
        constexpr int long_time_us = 60'000'000;
        while (!pending_.empty()) {
            check(bell_.wait(long_time_us), "the bell rings while there are ends");
            collect_all();
        }
    }

    /// As when JavaScript ends in the middle: what was told, but did not arrive, is given back.
    void collect_in_vain() {
        std::array<Engine::End, 16> ends{};
        engine_.collect(ends.data(), ends.size());
    }

    void shut_down() {
        engine_.shut_down();
        check_equal(engine_.start(market_.front()->operation()), -ECANCELED,
                    "start() after the end");
        pending_.clear();
    }

  private:
    static constexpr size_t most_pending = 48;

    void start() {
        if (pending_.size() == most_pending) {
            return;
        }
        Resource& resource = *market_[random_() % market_.size()];
        const int32_t id = engine_.start(resource.operation());
        check(id >= 0, "a wait starts");
        check(pending_.emplace(id, &resource).second, "the id of a new wait is free");
    }

    void cancel_one() {
        if (!pending_.empty()) {
            check(engine_.cancel(any()->first), "a pending wait is known");
        }
    }

    void end_one() {
        if (pending_.empty()) {
            return;
        }
        const auto wait = any();
        settle(wait->first, engine_.end(wait->first).outcome);
    }

    void collect_all() {
        std::array<Engine::End, 16> ends{};
        for (;;) {
            const auto limit = static_cast<size_t>(1 + pick(random_, ends.size()));
            const size_t count = engine_.collect(ends.data(), limit);
            for (size_t i = 0; i < count; i++) {
                arrive(ends[i]);
            }
            engine_.settle();
            if (count == 0) {
                return;
            }
        }
    }

    /// Others of the same batch have not arrived yet: their ids must not be used again by what is
    /// started now, and ending them once more is harmless.
    void arrive(const Engine::End& end) {
        if (pick(random_, 4) == 0) {
            start();
        }
        const bool again = pick(random_, 8) == 0;
        settle(end.id, again ? engine_.end(end.id).outcome : end.outcome);
    }

    void settle(int32_t id, const wait::Outcome& outcome) {
        const auto wait = pending_.find(id);
        check(wait != pending_.end(), "a wait ends once");
        check(outcome.result >= 0 || outcome.result == -ECANCELED,
              "a wait ends well or is cancelled, not with " + std::to_string(outcome.result));
        wait->second->collect(outcome);
        pending_.erase(wait);
    }

    std::map<int32_t, Resource*>::iterator any() {
        return std::next(pending_.begin(), pick(random_, static_cast<int>(pending_.size())));
    }

    Market& market_;
    Random random_;
    Bell bell_; // before the engine: its threads ring until it is shut down
    Engine engine_;
    std::map<int32_t, Resource*> pending_;
};

} // namespace

void storm(Market& market, Random random, int steps, Ending ending) {
    Owner owner(market, random);
    for (int i = 0; i < steps; i++) {
        owner.step();
    }
    if (ending == Ending::after_cancelling_all) {
        owner.cancel_all_and_hear_of_each();
    }
    if (ending == Ending::before_ends_have_arrived) {
        owner.collect_in_vain();
    }
    owner.shut_down();
}

} // namespace posix_ipc::test
