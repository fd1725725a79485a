#include "core/region.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/fd.h"

namespace posix_ipc {

Region::~Region() {
    if (origin_ == Origin::mmap) {
        munmap(data_, length_);
    } else {
        shmdt(data_);
    }
}

bool Region::writable() const {
    constexpr int both = PROT_READ | PROT_WRITE;
    return (protection_ & both) == both;
}

int Region::protect(int protection) {
    const int result = or_errno(mprotect(data_, length_, protection));
    if (result == 0) {
        protection_ = protection;
    }
    return result;
}

int Region::resize(size_t length) {
    if (origin_ != Origin::mmap) {
        return -EINVAL; // shmdt(2) would not find all of it
    }
    void* const moved = mremap(data_, length_, rounded(length), MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        return -errno;
    }
    data_ = static_cast<std::byte*>(moved);
    length_ = rounded(length);
    return 0;
}

namespace {

/// As much as one call copies. The destination is written as by read(2), the source is looked up
/// page by page: either may be missing.
ssize_t copy_some(std::byte* to, const std::byte* from, size_t length) {
    const iovec local{to, length};
    const iovec remote{const_cast<std::byte*>(from), length};
    return or_errno(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

/// The same where process_vm_readv(2) does not exist or is not allowed.
ssize_t copy_through_pipe(std::byte* to, const std::byte* from, size_t length) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -errno;
    }
    const Fd out(ends[0]);
    const Fd in(ends[1]);
    constexpr size_t portion = 4096; // any pipe holds as much
    const ssize_t sent = or_errno(write(in.get(), from, std::min(portion, length)));
    return sent > 0 ? or_errno(read(out.get(), to, static_cast<size_t>(sent))) : sent;
}

} // namespace

ssize_t copy_safely(std::byte* to, const std::byte* from, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t copied = copy_some(to + done, from + done, length - done);
        if (copied == -ENOSYS || copied == -EPERM) {
            copied = copy_through_pipe(to + done, from + done, length - done);
        }
        if (copied <= 0) {
            return done > 0 ? static_cast<ssize_t>(done) : copied;
        }
        done += static_cast<size_t>(copied);
    }
    return static_cast<ssize_t>(done);
}

bool is_readable(const std::byte* address) {
    std::byte copy{};
    return copy_safely(&copy, address, 1) == 1;
}

} // namespace posix_ipc
