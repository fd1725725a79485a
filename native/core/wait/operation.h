#pragma once

#include <cstdint>

namespace posix_ipc::wait {

/// How a blocking call ended.
struct Outcome {
    int32_t result = 0; ///< what the call returned, or the negated errno
    int64_t extra = 0;  ///< one more number, where a call has one to give
};

/// One description of a blocking call; two runners (Engine for promises, run_sync for Sync forms).
class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    /// Makes the system call once. -EINTR means that nothing was taken: the runner calls again.
    virtual Outcome block() = 0;

    /// Undoes what a successful call took, because nobody is left to receive it.
    virtual void give_back(const Outcome& /*outcome*/) noexcept {}
};

} // namespace posix_ipc::wait
