#include "event/futex_wait.h"

#include <cerrno>
#include <limits>

#include "core/wait/timespec.h"

namespace posix_ipc::event {

namespace {

/// With a time all the same: only then does a signal get the thread out of it under SA_RESTART.
constexpr wait::Clock::time_point never =
    wait::Clock::time_point(std::chrono::seconds(std::numeric_limits<int32_t>::max()));

} // namespace

int32_t wait_for_ever(Word* word, Word expected) {
    const int result = futex_wait(word, expected, wait::to_timespec(never));
    return result == -EAGAIN ? not_equal : result == -ETIMEDOUT ? -EINTR : result;
}

void pass_on(const Place& place) {
    if (place.passes_on) {
        futex_wake(place.word, std::numeric_limits<int>::max());
    }
}

wait::Outcome FutexWait::block() {
    return block_until(never);
}

/// A wait that was interrupted and finds another value has missed the wake: it counts as woken.
wait::Outcome FutexWait::block_until(wait::Clock::time_point look) {
    const int result = futex_wait(place_.word, expected_, wait::to_timespec(look));
    const bool waited = std::exchange(waited_, true);
    switch (result) {
    case 0:
        return was_woken();
    case -EAGAIN:
        return waited ? was_woken() : wait::Outcome{not_equal, 0};
    case -ETIMEDOUT:
        return {-EINTR, 0};
    default:
        return {result, 0};
    }
}

wait::Outcome FutexWait::was_woken() const {
    pass_on(place_);
    return {woken, 0};
}

wait::Outcome FutexWait::attempt() {
    const int result = compare(place_.word, expected_);
    if (result == not_equal) {
        return waited_ ? was_woken() : wait::Outcome{not_equal, 0};
    }
    return {result == 0 ? -EINTR : result, 0};
}

bool FutexWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result == woken) {
        futex_wake(place_.word, 1);
    }
    return true;
}

} // namespace posix_ipc::event
