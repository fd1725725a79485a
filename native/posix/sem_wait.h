#pragma once

#include <ctime>

#include "core/wait/operation.h"
#include "posix/sem_memory.h"

namespace posix_ipc::posix {

/// sem_clockwait(3) is in glibc; musl has only sem_timedwait(3), whose clock may be set.
/// A template, because what is not declared can only be asked for in one.
template <typename Semaphore>
concept HasClockWait = requires(Semaphore* semaphore, const timespec* time) {
    sem_clockwait(semaphore, CLOCK_MONOTONIC, time);
};

constexpr bool libc_has_clock_wait = HasClockWait<sem_t>;

/// Takes one of a semaphore that outlives the operation. -ETIMEDOUT when the time has come, where
/// libc can wait until one; else the runner has to see to it.
class SemaphoreWait : public wait::Operation {
  public:
    SemaphoreWait(SharedSemaphore semaphore, clockid_t clock, timespec until)
        : semaphore_(std::move(semaphore)), clock_(clock), until_(until) {}

    /// For ever.
    explicit SemaphoreWait(SharedSemaphore semaphore);

    wait::Outcome block() override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    SharedSemaphore semaphore_;
    clockid_t clock_;
    timespec until_;
};

} // namespace posix_ipc::posix
