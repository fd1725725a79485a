#include "lock/mutex_wait.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "core/pause.h"
#include "core/wait/timespec.h"

namespace posix_ipc::lock {

namespace {

// Together they are somewhat more than it takes to wake a thread.
constexpr std::chrono::nanoseconds first_pause{1000};
constexpr std::chrono::nanoseconds last_pause{8000};

/// Whether an owner can go on while this thread does. The machine's CPUs count, not those that this
/// thread may use: where each program is bound to a CPU of its own, trying on pays most.
bool may_try_on(const Mutex& mutex) {
    static const bool has_cpus = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    return has_cpus && (mutex.flags & POSIX_IPC_MUTEX_FAIR) == 0;
}

void pause_until(wait::Clock::time_point end) {
    do {
        pause_briefly();
    } while (wait::Clock::now() < end);
}

} // namespace

wait::Outcome MutexWait::block() {
    return block_until(never);
}

wait::Outcome MutexWait::block_until(wait::Clock::time_point look) {
    RobustList* const list = RobustList::of_this_thread();
    if (list == nullptr || list->full()) {
        return {list == nullptr ? -ENOSYS : -ENOLCK, 0};
    }
    // The kernel wakes another one if this thread dies after it was woken.
    const RobustList::Announcement announcement(*list, *mutex_);
    return {take_until(*list, look), 0};
}

/// -EINTR: by a signal, or because the instant has come.
int32_t MutexWait::take_until(RobustList& list, wait::Clock::time_point look) {
    const timespec until = wait::to_timespec(look);
    for (;;) {
        const int32_t result = try_on(list, look);
        if (result != -EBUSY) {
            return result;
        }
        const uint32_t expected = posix_ipc_mutex_arrive(mutex_.get());
        if (expected == 0) {
            continue;
        }
        const int why = posix_ipc_mutex_sleep(mutex_.get(), expected, &until);
        barging_ |= why == 0;
        if (why != 0 && why != EAGAIN) {
            return why == ETIMEDOUT ? -EINTR : -why;
        }
    }
}

/// Most owners are quicker than a thread that has to be woken. The tries become rare: each of them
/// takes the memory away from the CPU of the owner, who needs it to go on.
int32_t MutexWait::try_on(RobustList& list, wait::Clock::time_point look) {
    int32_t result = take(list, *mutex_, barging_);
    if (result != -EBUSY) {
        return result;
    }
    if (may_try_on(*mutex_)) {
        auto now = wait::Clock::now();
        for (auto pause = first_pause; result == -EBUSY && pause <= last_pause && now < look;
             pause *= 2) {
            pause_until(std::min(now + pause, look));
            POSIX_IPC_STEP(trying);
            result = take(list, *mutex_, barging_);
            now = wait::Clock::now();
        }
    }
    if (!std::exchange(counted_, true)) { // last: until then the owner needs the memory
        __atomic_fetch_add(&mutex_->contentions, 1, __ATOMIC_RELAXED);
    }
    return result;
}

wait::Outcome MutexWait::attempt() {
    const int32_t result = try_lock(*mutex_, barging_);
    return {result == -EBUSY ? -EINTR : result, 0};
}

bool MutexWait::give_back(const wait::Outcome& outcome) noexcept {
    undo(*mutex_, outcome.result);
    return true;
}

} // namespace posix_ipc::lock
