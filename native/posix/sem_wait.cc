#include "posix/sem_wait.h"

#include <cerrno>
#include <limits>

#include "core/error.h"
#include "core/wait/timespec.h"

namespace posix_ipc::posix {

namespace {

template <typename Semaphore>
int wait_until(Semaphore* semaphore, const timespec& until) {
    if constexpr (HasClockWait<Semaphore>) {
        return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
    } else {
        return sem_wait(semaphore);
    }
}

/// With a time all the same: only then does a signal get the thread out of it under SA_RESTART.
constexpr wait::Clock::time_point never =
    wait::Clock::time_point(std::chrono::seconds(std::numeric_limits<int32_t>::max()));

int32_t wait_once(sem_t* semaphore, wait::Clock::time_point look) {
    if (kind_of(semaphore) == Kind::none) {
        return -EINVAL;
    }
    const int result = or_errno(wait_until(semaphore, wait::to_timespec(look)));
    return result == -ETIMEDOUT ? -EINTR : result;
}

} // namespace

int32_t wait_for_ever(sem_t* semaphore) {
    return wait_once(semaphore, never);
}

wait::Outcome SemaphoreWait::block() {
    return block_until(never);
}

wait::Outcome SemaphoreWait::block_until(wait::Clock::time_point look) {
    return {wait_once(semaphore(), look), 0};
}

wait::Outcome SemaphoreWait::attempt() {
    if (kind_of(semaphore()) == Kind::none) {
        return {-EINVAL, 0};
    }
    const int result = or_errno(sem_trywait(semaphore()));
    return {result == -EAGAIN ? -EINTR : result, 0};
}

bool SemaphoreWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result >= 0 && kind_of(semaphore()) != Kind::none) {
        sem_post(semaphore());
    }
    return true;
}

wait::Outcome RealtimeSemaphoreWait::block() {
    if (kind_of(semaphore()) == Kind::none) {
        return {-EINVAL, 0};
    }
    return {or_errno(sem_timedwait(semaphore(), &until_)), 0};
}

} // namespace posix_ipc::posix
