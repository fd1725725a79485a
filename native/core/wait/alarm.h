#pragma once

#include <ctime>
#include <sys/types.h>

#include "core/wait/operation.h"

namespace posix_ipc::wait {

/// Sends the wake-up signal to one thread, from an instant on, again and again until it is told
/// that the thread has noticed: a single signal could land between the thread's last check and
/// its system call, and be lost.
class Alarm {
  public:
    explicit Alarm(pid_t thread);
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    ~Alarm();

    /// 0, or the errno of timer_create: EAGAIN, the limit of pending signals (RLIMIT_SIGPENDING).
    [[nodiscard]] int error() const { return error_; }

    void ring_from(Clock::time_point when);
    void silence();

  private:
    timer_t timer_{};
    int error_ = 0;
};

} // namespace posix_ipc::wait
