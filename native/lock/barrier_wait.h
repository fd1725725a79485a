#pragma once

#include <memory>

#include "core/wait/operation.h"
#include "lock/robust_list.h"

#include "posix-ipc/barrier_state.h"

namespace posix_ipc::lock {

static_assert(sizeof(posix_ipc_barrier) == sizeof(Mutex) &&
              offsetof(posix_ipc_barrier, entry) == offsetof(Mutex, next) &&
              offsetof(posix_ipc_barrier, arrived) % sizeof(uint64_t) == 0);

/// A barrier, the hold on its memory, and what was read of it once: others can write there.
struct SharedBarrier {
    std::shared_ptr<posix_ipc_barrier> memory;
    uint32_t parties = 0;
};

/// How a wait has ended well.
constexpr int32_t passed = 0;
constexpr int32_t passed_last = 1; ///< who waited was the last one to come

// What the calling thread does: 0 or more, or a negated errno; -ENOSYS: not with this libc.

/// passed_last; -EAGAIN: others are to come; -EOWNERDEAD: the barrier is broken.
int32_t pass_barrier(const SharedBarrier& barrier);

/// 1: it was broken, and begins anew; 0: it was not.
int32_t reset_barrier(const SharedBarrier& barrier);

/// 1: it is broken, as one who waited has died.
int32_t is_barrier_broken(const SharedBarrier& barrier);

/// A wait for all to come. What ends early has not come.
class BarrierWait : public wait::Operation {
  public:
    explicit BarrierWait(SharedBarrier barrier) : barrier_(std::move(barrier)) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;

  private:
    Mutex* take_slot(RobustList& list);
    int32_t wait_in(RobustList& list, Mutex& slot, wait::Clock::time_point look);
    int sleep(uint32_t generation, const uint32_t* words, wait::Clock::time_point look);

    SharedBarrier barrier_;
};

} // namespace posix_ipc::lock
