#pragma once

#include <poll.h>

namespace posix_ipc::unix_domain {

/// Whether nothing more can come to a socket.
inline bool has_hung_up(int fd) {
    pollfd polled{fd, POLLRDHUP, 0};
    return poll(&polled, 1, 0) > 0;
}

} // namespace posix_ipc::unix_domain
