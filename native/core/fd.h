#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "core/or_errno.h"

namespace posix_ipc {

/// A descriptor that somebody owns: closed once, by its last owner.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int number) : number_(number) {}
    Fd(Fd&& other) noexcept : number_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() {
        if (number_ >= 0) {
            close(number_); // never retried: Linux has closed it even when it answers EINTR
        }
    }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
    int release() { return std::exchange(number_, -1); }

  private:
    int number_ = -1;
};

/// A copy of somebody's descriptor; none, with errno, where there can be no more.
inline Fd copy_of(int fd) {
    return Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/// Whether calls on it never block. The flag belongs to the open file: all who share it have it. 0
/// or a negated errno.
inline int set_nonblocking(int fd, bool on) {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return flags == wanted ? 0 : or_errno(fcntl(fd, F_SETFL, wanted));
}

} // namespace posix_ipc
