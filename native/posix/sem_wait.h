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

/// Takes one, and waits for it however long: as SemaphoreWait does, which is deeper, for a thread
/// that need not look up. -EINTR after a signal.
int32_t wait_for_ever(sem_t* semaphore);

/// Takes one of a semaphore, whose memory it keeps.
class SemaphoreWait : public wait::Operation {
  public:
    explicit SemaphoreWait(SharedSemaphore semaphore) : semaphore_(std::move(semaphore)) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return HasClockWait<sem_t>; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  protected:
    [[nodiscard]] sem_t* semaphore() const { return semaphore_.get(); }

  private:
    SharedSemaphore semaphore_;
};

/// The same, until an instant of CLOCK_REALTIME, which may be set: -ETIMEDOUT.
class RealtimeSemaphoreWait : public SemaphoreWait {
  public:
    RealtimeSemaphoreWait(SharedSemaphore semaphore, timespec until)
        : SemaphoreWait(std::move(semaphore)), until_(until) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return false; }

  private:
    timespec until_;
};

} // namespace posix_ipc::posix
