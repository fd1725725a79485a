#include "stream/pipe.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

#include "core/descriptors.h"
#include "stream/sigpipe.h"

namespace posix_ipc::stream {

namespace {

using Kind = ArgumentError::Kind;

/// The result has to fit 32 bits.
constexpr size_t most_at_once = size_t{1} << 30;

/// The numbers of both ends go into `pipefd`: reading, writing.
int32_t pipe2(Environment& /*environment*/, const Bytes& pipefd, int32_t flags) {
    std::array<int, 2> ends{};
    if (pipefd.size() < sizeof ends) {
        throw ArgumentError(Kind::range, "pipefd", "at least 8 bytes");
    }
    const int32_t result = or_errno(::pipe2(ends.data(), flags));
    if (result == 0) {
        std::memcpy(pipefd.data(), ends.data(), sizeof ends);
    }
    return result;
}

/// The same with their handles.
int32_t pipe_owned(Environment& environment, const Bytes& handles, int32_t flags) {
    std::array<int, 2> ends{};
    if (handles.size() < sizeof ends) {
        throw ArgumentError(Kind::range, "handles", "at least 8 bytes");
    }
    return ::pipe2(ends.data(), flags) == 0 ? adopted(environment, ends, handles) : -errno;
}

/// A part of what JavaScript gave.
Bytes part_of(const Bytes& buffer, size_t offset, size_t length) {
    if (offset > buffer.size() || length > buffer.size() - offset) {
        throw ArgumentError(Kind::range, "length", "within the buffer");
    }
    return buffer.subspan(offset, std::min(length, most_at_once));
}

/// What reads and writes are made on. Waits and the end are those of the first open file: one that
/// is opened when the last writer has gone does not know that there was one.
int used(const Descriptor& descriptor) {
    return descriptor.apart ? descriptor.apart.get() : descriptor.number();
}

/// Whether a read that took nothing has met the end. It has not where no writer has come yet, as
/// after an open that did not wait for one; nor where a packet was empty.
bool is_at_end(int fd) {
    pollfd polled{fd, POLLIN, 0};
    return poll(&polled, 1, 0) == 1 && (polled.revents & (POLLIN | POLLHUP)) == POLLHUP;
}

/// The number of bytes; 0 at the end; -EAGAIN where there is nothing now.
int32_t pipe_read(Environment& /*environment*/, Descriptor* descriptor, const Bytes& buffer,
                  size_t length) {
    const Bytes into = part_of(buffer, 0, length);
    const ssize_t count = or_errno(read(used(*descriptor), into.data(), into.size()));
    const bool nothing = count == 0 && !into.empty() && !is_at_end(descriptor->number());
    return nothing ? -EAGAIN : static_cast<int32_t>(count);
}

/// The number of bytes, which may be fewer than there are.
int32_t pipe_write(Environment& /*environment*/, Descriptor* descriptor, const Bytes& buffer,
                   size_t offset, size_t length) {
    const Bytes from = part_of(buffer, offset, length);
    const int fd = used(*descriptor);
    return without_sigpipe(
        [&] { return static_cast<int32_t>(or_errno(write(fd, from.data(), from.size()))); });
}

/// Opens it a second time: the flags of that open file are nobody else's.
int32_t pipe_reopen(Environment& /*environment*/, Descriptor* descriptor, bool has_blocked) {
    const int fd = descriptor->number();
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return -errno;
    }
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    Fd made(open(path.c_str(), (flags & O_ACCMODE) | O_NONBLOCK | O_CLOEXEC));
    // For packets; open(2) refuses that flag.
    const int packets = flags & O_DIRECT;
    if (!made || (packets != 0 && fcntl(made.get(), F_SETFL, packets | O_NONBLOCK) != 0)) {
        return -errno;
    }
    descriptor->apart = std::move(made);
    return has_blocked ? set_nonblocking(fd, false) : 0;
}

int32_t pipe_capacity(Environment& /*environment*/, int32_t fd) {
    return or_errno(fcntl(fd, F_GETPIPE_SZ));
}

/// The capacity that it has then, which may be more.
int32_t set_pipe_capacity(Environment& /*environment*/, int32_t fd, int32_t bytes) {
    return or_errno(fcntl(fd, F_SETPIPE_SZ, bytes));
}

} // namespace

void define_pipe(Exports& exports) {
    exports.function<pipe2>("pipe2", "pipefd", "flags");
    exports.function<pipe_owned>("pipeOwned", "handles", "flags");
    exports.function<pipe_read>("pipeRead", "descriptor", "buffer", "length");
    exports.function<pipe_write>("pipeWrite", "descriptor", "buffer", "offset", "length");
    exports.function<pipe_reopen>("pipeReopen", "descriptor", "hasBlocked");
    exports.function<pipe_capacity>("pipeCapacity", "fd");
    exports.function<set_pipe_capacity>("setPipeCapacity", "fd", "bytes");
}

} // namespace posix_ipc::stream
