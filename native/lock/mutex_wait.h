#pragma once

#include <ctime>
#include <limits>
#include <memory>

#include "core/wait/operation.h"
#include "lock/mutex_calls.h"

namespace posix_ipc::lock {

/// With a time all the same: only then does a signal get the thread out of it under SA_RESTART.
constexpr wait::Clock::time_point never =
    wait::Clock::time_point(std::chrono::seconds(std::numeric_limits<int32_t>::max()));

/// A mutex, and the hold on its memory.
using SharedMutex = std::shared_ptr<Mutex>;

/// Takes a mutex for the calling thread, which sleeps meanwhile.
class MutexWait : public wait::Operation {
  public:
    explicit MutexWait(SharedMutex mutex) : mutex_(std::move(mutex)) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    int32_t take_until(RobustList& list, wait::Clock::time_point look);
    int32_t try_on(RobustList& list, wait::Clock::time_point look);

    SharedMutex mutex_;
    bool barging_ = false; // it has waited for its turn
    bool counted_ = false;
};

} // namespace posix_ipc::lock
