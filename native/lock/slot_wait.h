#pragma once

#include <memory>

#include "core/wait/operation.h"
#include "lock/rwlock_calls.h"

namespace posix_ipc::lock {

/// A writer's wait for one reader to leave. That it has left is all: to look again takes nothing.
/// Only the owner of the gate waits for readers; but where it ends, this thread may still sleep
/// when the next one does, and so passes on what wakes it.
class SlotWait : public wait::Operation {
  public:
    /// `own`: -1 where it is no upgrade. `keep`: the hold on the memory.
    SlotWait(std::shared_ptr<void> keep, RwLock lock, int32_t own, uint32_t busy)
        : keep_(std::move(keep)), lock_(lock),
          own_(own < 0 ? lock.slots : static_cast<uint32_t>(own)), busy_(busy) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    [[nodiscard]] uint32_t arrive() const {
        return posix_ipc_rwlock_arrive(lock_.shared, lock_.slots, own_, busy_);
    }

    std::shared_ptr<void> keep_;
    RwLock lock_;
    uint32_t own_;
    uint32_t busy_;
};

} // namespace posix_ipc::lock
