#pragma once

#include <algorithm>
#include <ctime>

#include "core/wait/operation.h"

namespace posix_ipc::wait {

inline timespec to_timespec(std::chrono::nanoseconds duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    return {seconds.count(), (duration - seconds).count()};
}

/// An instant, for calls that take CLOCK_MONOTONIC.
inline timespec to_timespec(Clock::time_point instant) {
    return to_timespec(instant.time_since_epoch());
}

/// What is left until an instant; never negative.
inline timespec time_until(Clock::time_point instant) {
    return to_timespec(std::max(instant - Clock::now(), Clock::duration::zero()));
}

} // namespace posix_ipc::wait
