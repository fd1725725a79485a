#include "posix/sem_wait.h"

#include <cerrno>
#include <limits>

#include "core/error.h"

namespace posix_ipc::posix {

namespace {

template <typename Semaphore>
int wait_until(Semaphore* semaphore, clockid_t clock, const timespec& until) {
    if constexpr (HasClockWait<Semaphore>) {
        return sem_clockwait(semaphore, clock, &until);
    } else {
        return clock == CLOCK_REALTIME ? sem_timedwait(semaphore, &until) : sem_wait(semaphore);
    }
}

} // namespace

/// With a time all the same: only then does a signal get the thread out of it under SA_RESTART.
SemaphoreWait::SemaphoreWait(SharedSemaphore semaphore)
    : SemaphoreWait(std::move(semaphore), CLOCK_MONOTONIC,
                    {std::numeric_limits<int32_t>::max(), 0}) {}

wait::Outcome SemaphoreWait::block() {
    if (kind_of(semaphore_.get()) == Kind::none) {
        return {-EINVAL, 0};
    }
    return {or_errno(wait_until(semaphore_.get(), clock_, until_)), 0};
}

wait::Outcome SemaphoreWait::attempt() {
    if (kind_of(semaphore_.get()) == Kind::none) {
        return {-EINVAL, 0};
    }
    const int result = or_errno(sem_trywait(semaphore_.get()));
    return {result == -EAGAIN ? -EINTR : result, 0};
}

bool SemaphoreWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result >= 0 && kind_of(semaphore_.get()) != Kind::none) {
        sem_post(semaphore_.get());
    }
    return true;
}

} // namespace posix_ipc::posix
