#pragma once

#include <cerrno>
#include <cstdint>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/fd.h"
#include "core/or_errno.h"
#include "core/system_call.h"

namespace posix_ipc {

/// read(2) that never waits: the number of bytes, or a negated errno.
///
/// O_NONBLOCK is not relied upon: whoever shares the open file can take it away, as Node and bash
/// do of what becomes the standard input of a child.
inline int32_t read_now(int fd, void* memory, size_t size) {
    const iovec part{memory, size};
    constexpr long own_position = -1;
    const long count =
        system_call(SYS_preadv2, fd, &part, 1, own_position, own_position, RWF_NOWAIT);
    if (count != -EOPNOTSUPP && count != -ENOSYS && count != -EPERM) {
        return static_cast<int32_t>(count);
    }
    // Of an eventfd since Linux 5.8, of a signalfd since 6.10; and a filter may know only older
    // calls.
    const int error = set_nonblocking(fd, true);
    return error != 0 ? error : static_cast<int32_t>(or_errno(read(fd, memory, size)));
}

} // namespace posix_ipc
