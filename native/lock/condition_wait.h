#pragma once

#include <memory>

#include "core/wait/operation.h"
#include "lock/mutex_word.h"

#include "posix-ipc/condition.h"

namespace posix_ipc::lock {

static_assert(sizeof(posix_ipc_condition) == 128);

/// A condition, and the hold on its memory.
using SharedCondition = std::shared_ptr<posix_ipc_condition>;

/// The sleep of one who waits, without the mutex. Whether it was notified is seen under the mutex:
/// its end takes nothing.
class ConditionWait : public wait::Operation {
  public:
    /// `sequence`: what it was under the mutex.
    ConditionWait(SharedCondition condition, uint32_t sequence)
        : condition_(std::move(condition)), sequence_(sequence) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;

  private:
    SharedCondition condition_;
    uint32_t sequence_;
};

} // namespace posix_ipc::lock
