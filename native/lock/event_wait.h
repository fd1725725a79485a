#pragma once

#include <memory>

#include "core/wait/operation.h"
#include "lock/robust_list.h"

#include "posix-ipc/event.h"

namespace posix_ipc::lock {

static_assert(sizeof(posix_ipc_event) == sizeof(Mutex) &&
              offsetof(posix_ipc_event, entry) == offsetof(Mutex, next));

/// An event, the hold on its memory, and what was read of it once: others can write there.
struct SharedEvent {
    std::shared_ptr<posix_ipc_event> memory;
    bool auto_reset = false;
};

// What the calling thread does: 0 or 1, or a negated errno.

/// -ENOSYS: not with this libc.
int32_t set_event(posix_ipc_event& event);

/// A wait for an event; one that resets itself is given back where nobody is there to be told.
class EventWait : public wait::Operation {
  public:
    /// `since`: what `sets` was when the wait began.
    EventWait(SharedEvent shared, uint32_t since) : shared_(std::move(shared)), since_(since) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    [[nodiscard]] bool pass() const;

    SharedEvent shared_;
    uint32_t since_;
};

} // namespace posix_ipc::lock
