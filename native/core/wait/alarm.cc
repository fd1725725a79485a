#include "core/wait/alarm.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "core/wait/signal.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id                                                                     \
    _sigev_un._tid // glibc before 2.38 lacks the name that the man page gives
#endif

namespace posix_ipc::wait {

namespace {

constexpr long nanoseconds_per_second = 1'000'000'000;
constexpr std::chrono::milliseconds again_after{1};

timespec timer_value(std::chrono::nanoseconds duration) {
    const auto count = std::max<long>(duration.count(), 1); // 0 would disarm the timer
    return {count / nanoseconds_per_second, count % nanoseconds_per_second};
}

} // namespace

Alarm::Alarm(pid_t thread) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = wake_signal();
    event.sigev_notify_thread_id = thread;
    error_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0 ? 0 : errno;
}

Alarm::~Alarm() {
    if (error_ == 0) {
        timer_delete(timer_);
    }
}

void Alarm::ring_from(Clock::time_point when) {
    const itimerspec times{timer_value(again_after), timer_value(when.time_since_epoch())};
    if (error_ == 0) {
        timer_settime(timer_, TIMER_ABSTIME, &times, nullptr);
    }
}

void Alarm::silence() {
    const itimerspec never{};
    if (error_ == 0) {
        timer_settime(timer_, 0, &never, nullptr);
    }
}

} // namespace posix_ipc::wait
