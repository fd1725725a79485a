#pragma once

#include <functional>
#include <optional>

#include "core/wait/alarm.h"
#include "core/wait/operation.h"

namespace posix_ipc::wait {

/// What bounds a call that blocks the calling thread.
struct SyncLimits {
    std::optional<Clock::time_point> deadline;
    bool until_signal = false;      ///< EINTR ends the call, as in C
    std::function<bool()> going_on; ///< asked now and then; false ends the call with -ECANCELED
    bool ask_from_start = false;    ///< else only once a signal has come
};

/// Runs an operation on the calling thread. -ETIMEDOUT after the deadline; `no_timer` where one is
/// needed and the kernel has none (RLIMIT_SIGPENDING).
Outcome run_sync(Operation& operation, const SyncLimits& limits);

} // namespace posix_ipc::wait
