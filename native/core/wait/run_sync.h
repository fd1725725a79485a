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
};

/// Runs an operation on the calling thread. -ETIMEDOUT after the deadline.
Outcome run_sync(Operation& operation, const SyncLimits& limits);

} // namespace posix_ipc::wait
