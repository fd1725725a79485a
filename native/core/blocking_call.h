#pragma once

#include <limits>
#include <utility>

#include "core/environment.h"

namespace posix_ipc {

/// A system call that blocks this thread as in C: a signal ends it with EINTR, and so does the end
/// of the worker that it is made in.
template <typename Call>
class BlockingCall : public wait::Operation {
  public:
    explicit BlockingCall(Call call) : call_(std::move(call)) {}
    wait::Outcome block() override { return {call_(), 0}; }

  private:
    Call call_;
};

/// `call` answers its result or a negated errno. Of what it takes nothing is given back.
template <typename Call>
int32_t block_as_in_c(Environment& environment, Call call) {
    BlockingCall<Call> operation(std::move(call));
    return environment.block(operation, Milliseconds{std::numeric_limits<double>::infinity()}, true)
        .result;
}

} // namespace posix_ipc
