#include "core/wait/run_sync.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "core/wait/signal.h"

namespace posix_ipc::wait {

namespace {

constexpr std::chrono::milliseconds heartbeat{20};

/// When the thread has to look up from its system call. `asking`: now and then, also before the
/// deadline.
Clock::time_point next_look(const SyncLimits& limits, bool asking) {
    if (!asking || !limits.going_on) {
        return *limits.deadline;
    }
    const auto beat = Clock::now() + heartbeat;
    return limits.deadline ? std::min(*limits.deadline, beat) : beat;
}

/// What was taken for a caller that cannot be told goes back.
Outcome unless_ended(Operation& operation, const Outcome& outcome, const SyncLimits& limits) {
    if (outcome.result < 0 || !limits.going_on || limits.going_on()) {
        return outcome;
    }
    int tries_left = most_tries_to_give_back;
    give_back_soon(operation, outcome, tries_left);
    return {-ECANCELED, 0};
}

/// Blocks until an instant: by the call's own timeout, or by an alarm that interrupts it.
class BoundedCall {
  public:
    explicit BoundedCall(Operation& operation) : operation_(operation) {
        if (operation.timed()) {
            return;
        }
        unblock_wake_signal();
        alarm_.emplace(gettid());
    }

    [[nodiscard]] bool possible() const { return !alarm_ || alarm_->error() == 0; }

    Outcome block_until(Clock::time_point look) {
        if (!alarm_) {
            return operation_.block_until(look);
        }
        alarm_->ring_from(look);
        const Outcome outcome = operation_.block();
        alarm_->silence();
        return outcome;
    }

  private:
    Operation& operation_;
    std::optional<Alarm> alarm_;
};

Outcome run_bounded(Operation& operation, const SyncLimits& limits, bool asking) {
    const Outcome inline_outcome = operation.attempt();
    if (inline_outcome.result != -EINTR) {
        return inline_outcome;
    }
    BoundedCall call(operation);
    if (!call.possible()) {
        return {no_timer, 0};
    }
    for (;;) {
        const auto look = next_look(limits, asking);
        const Outcome outcome = call.block_until(look);
        if (outcome.result != -EINTR) {
            return unless_ended(operation, outcome, limits);
        }
        if (limits.deadline && Clock::now() >= *limits.deadline) {
            return {-ETIMEDOUT, 0};
        }
        if (limits.until_signal && Clock::now() < look) {
            return outcome;
        }
        if (limits.going_on && !limits.going_on()) {
            return {-ECANCELED, 0};
        }
        asking = true; // where it was not, a signal has come
    }
}

} // namespace

Outcome run_sync(Operation& operation, const SyncLimits& limits) {
    if (limits.deadline || limits.ask_from_start) {
        return run_bounded(operation, limits, limits.ask_from_start);
    }
    const Outcome outcome = operation.block();
    const bool again = outcome.result == -EINTR && !limits.until_signal;
    return again ? run_bounded(operation, limits, true) : outcome;
}

} // namespace posix_ipc::wait
