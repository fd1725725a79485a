#include "core/wait/run_sync.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "core/wait/signal.h"

namespace posix_ipc::wait {

namespace {

constexpr std::chrono::milliseconds heartbeat{20};

/// When the thread has to look up from its system call, if ever.
std::optional<Clock::time_point> next_look(const SyncLimits& limits) {
    if (!limits.going_on) {
        return limits.deadline;
    }
    const auto beat = Clock::now() + heartbeat;
    return limits.deadline ? std::min(*limits.deadline, beat) : beat;
}

Outcome run_with_alarm(Operation& operation, const SyncLimits& limits) {
    unblock_wake_signal();
    Alarm alarm(gettid());
    if (alarm.error() != 0) {
        return {-alarm.error(), 0};
    }
    for (;;) {
        const auto look = *next_look(limits);
        alarm.ring_from(look);
        const Outcome outcome = operation.block();
        alarm.silence();
        if (outcome.result != -EINTR) {
            return outcome;
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
    }
}

} // namespace

Outcome run_sync(Operation& operation, const SyncLimits& limits) {
    if (next_look(limits)) {
        return run_with_alarm(operation, limits);
    }
    for (;;) {
        const Outcome outcome = operation.block();
        if (outcome.result != -EINTR || limits.until_signal) {
            return outcome;
        }
    }
}

} // namespace posix_ipc::wait
