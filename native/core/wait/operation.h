#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>

namespace posix_ipc::wait {

using Clock = std::chrono::steady_clock; // CLOCK_MONOTONIC

/// How a blocking call ended.
struct Outcome {
    int32_t result = 0; ///< what the call returned, or the negated errno
    int64_t extra = 0;  ///< one more number, where a call has one to give
};

/// Results of a wait that could not begin, beyond every errno of a call (the last one is 4095):
/// the kernel gave no thread, or no timer to bound the call with. JavaScript names the limits.
constexpr int32_t no_thread = -4097;
constexpr int32_t no_timer = -4098;

/// One description of a blocking call; two runners (Engine for promises, run_sync for Sync forms).
class Operation {
  public:
    Operation() = default;
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    /// Makes the system call once. -EINTR means that nothing was taken: the runner calls again.
    virtual Outcome block() = 0;

    /// Whether the call has a timeout of its own, so that block_until() needs no timer.
    [[nodiscard]] virtual bool timed() const { return false; }

    /// As block(), for calls with a timeout of their own: -EINTR also when the instant has come.
    virtual Outcome block_until(Clock::time_point /*look*/) { return block(); }

    /// Makes it without waiting; -EINTR where it would have to wait. The runner of Sync forms asks
    /// before it arms a timer.
    virtual Outcome attempt() { return {-EINTR, 0}; }

    /// Asks the call to end, where somebody else than the engine runs it: see Engine::expect().
    virtual void interrupt() {}

    /// How it has ended, as its owner is told, in the thread of the owner: once. What it opened can
    /// change hands there.
    virtual Outcome hand_over(const Outcome& outcome) { return outcome; }

    /// Undoes what a successful call took, because nobody is left to receive it.
    /// False: not possible now (the place is taken), try again.
    virtual bool give_back(const Outcome& /*outcome*/) noexcept { return true; }
};

/// How often giving back is tried again, 1 ms apart, in all that ends at one time: a process that
/// is exiting must exit.
constexpr int most_tries_to_give_back = 50;

void give_back_soon(Operation& operation, const Outcome& outcome, int& tries_left) noexcept;

} // namespace posix_ipc::wait
