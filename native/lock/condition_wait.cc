#include "lock/condition_wait.h"

#include "core/wait/timespec.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

wait::Outcome ConditionWait::block() {
    return block_until(never);
}

/// -EINTR: by a signal, or because the instant has come.
wait::Outcome ConditionWait::block_until(wait::Clock::time_point look) {
    const timespec until = wait::to_timespec(look);
    const int why = posix_ipc_condition_sleep(condition_.get(), sequence_, &until);
    if (why == 0 || why == EAGAIN) {
        return {0, 0};
    }
    return {why == ETIMEDOUT ? -EINTR : -why, 0};
}

wait::Outcome ConditionWait::attempt() {
    return {posix_ipc_condition_look(condition_.get()) == sequence_ ? -EINTR : 0, 0};
}

} // namespace posix_ipc::lock
