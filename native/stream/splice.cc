#include "stream/splice.h"

#include <algorithm>
#include <cstddef>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/blocking_call.h"
#include "core/descriptors.h"
#include "core/fd.h"
#include "stream/sigpipe.h"

namespace posix_ipc::stream {

namespace {

/// The result has to fit 32 bits.
constexpr size_t most_at_once = size_t{1} << 30;

/// After as many bytes JavaScript is told how far it is.
constexpr size_t portion = size_t{4} << 20;

constexpr int64_t no_offset = -1;

// ---- as in the man pages

/// An offset below 0: the descriptor has a position of its own, or none.
int32_t splice_once(int fd_in, int64_t off_in, int fd_out, int64_t off_out, size_t length,
                    uint32_t flags) {
    loff_t in = off_in;
    loff_t out = off_out;
    return without_sigpipe([&] {
        return static_cast<int32_t>(or_errno(::splice(fd_in, off_in < 0 ? nullptr : &in, fd_out,
                                                      off_out < 0 ? nullptr : &out,
                                                      std::min(length, most_at_once), flags)));
    });
}

int32_t splice(Environment& environment, int32_t fd_in, Long off_in, int32_t fd_out, Long off_out,
               size_t size, Key flags) {
    return block_as_in_c(environment, [=] {
        return splice_once(fd_in, off_in.value, fd_out, off_out.value, size,
                           static_cast<uint32_t>(flags.value));
    });
}

int32_t tee(Environment& environment, int32_t fd_in, int32_t fd_out, size_t size, Key flags) {
    return block_as_in_c(environment, [=] {
        return without_sigpipe([=] {
            return static_cast<int32_t>(or_errno(::tee(fd_in, fd_out, std::min(size, most_at_once),
                                                       static_cast<unsigned>(flags.value))));
        });
    });
}

int32_t vmsplice(Environment& environment, int32_t fd, const Bytes& memory, Key flags) {
    const iovec part{memory.data(), std::min(memory.size(), most_at_once)};
    return block_as_in_c(environment, [=] {
        return without_sigpipe([=] {
            return static_cast<int32_t>(
                or_errno(::vmsplice(fd, &part, 1, static_cast<unsigned>(flags.value))));
        });
    });
}

// ---- a file into a pipe

/// Whether splice(2) may wait for what it reads from, whatever it is told: it has the pipe locked
/// then, and who uses that meanwhile is beyond every signal. Pipes never make it wait, and of files
/// few: trace_pipe of tracefs.
bool may_block(int fd) {
    struct stat status {};
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) != 0 || (flags & O_ACCMODE) == O_WRONLY ||
        fstat(fd, &status) != 0) {
        return false;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return S_ISCHR(status.st_mode) || S_ISREG(status.st_mode);
    }
    int listens = 0; // then there is nothing to read, which splice(2) says at once
    socklen_t size = sizeof listens;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0;
}

/// Moves a portion, at most `length` bytes, into a pipe, waiting for room if it `waits`. Ends with
/// how many: 0 at the end of the file. On a thread, because a file may have to be read from a disk.
/// Its descriptors are its own: the originals may be closed meanwhile.
class Filling : public wait::Operation {
  public:
    Filling(Fd from, int64_t offset, Fd into, size_t length, bool waits)
        : from_(std::move(from)), into_(std::move(into)), offset_(offset),
          length_(std::min(length, portion)), waits_(waits), may_block_(may_block(from_.get())) {}

    wait::Outcome block() override {
        size_t moved = 0;
        while (moved < length_) {
            const int32_t result = step(moved);
            if (result < 0 && moved == 0) {
                return {result, 0};
            }
            if (result <= 0) {
                break;
            }
            moved += static_cast<size_t>(result);
        }
        return {static_cast<int32_t>(moved), 0};
    }

  private:
    int32_t step(size_t moved) {
        for (;;) {
            const int64_t at =
                offset_ == no_offset ? no_offset : offset_ + static_cast<int64_t>(moved);
            if (!is_ready(into_, POLLOUT) && is_at_end(at)) {
                return 0; // what fills the pipe exactly need not wait for its reader
            }
            int32_t result = waits_ ? wait_for(into_, POLLOUT) : 0;
            if (result == 0 && may_block_ && !is_ready(from_, POLLIN)) {
                result = -EAGAIN;
            }
            if (result == 0) {
                result = splice_once(from_.get(), at, into_.get(), no_offset, length_ - moved,
                                     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
            }
            if (result == 0 && !is_ready(from_, POLLIN)) {
                result = -EAGAIN; // a FIFO that waits for its first writer
            }
            if (result != -EAGAIN || moved > 0 || !waits_) {
                return result;
            }
            result = wait_for(from_, POLLIN); // a pipe or a socket, which has nothing now
            if (result != 0) {
                return result;
            }
        }
    }

    static int32_t wait_for(const Fd& fd, int16_t events) {
        pollfd polled{fd.get(), events, 0};
        return poll(&polled, 1, -1) < 0 ? -errno : 0;
    }

    static bool is_ready(const Fd& fd, int16_t events) {
        pollfd polled{fd.get(), events, 0};
        return poll(&polled, 1, 0) > 0;
    }

    /// Whether there is nothing more, as far as that can be told without taking anything.
    [[nodiscard]] bool is_at_end(int64_t offset) const {
        struct stat status {};
        if (fstat(from_.get(), &status) != 0) {
            return false;
        }
        if (S_ISREG(status.st_mode)) {
            const int64_t own = lseek(from_.get(), 0, SEEK_CUR); // none: what is read is taken
            const int64_t at = offset == no_offset ? own : offset;
            return status.st_size > 0 ? at >= status.st_size : own >= 0 && has_nothing(at);
        }
        pollfd polled{from_.get(), POLLIN, 0};
        return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLIN | POLLHUP)) == POLLHUP;
    }

    /// A file of /proc has no size, and yet bytes.
    [[nodiscard]] bool has_nothing(int64_t at) const {
        std::byte one{};
        return is_ready(from_, POLLIN) && pread(from_.get(), &one, 1, at) == 0;
    }

    Fd from_;
    Fd into_;
    int64_t offset_;
    size_t length_;
    bool waits_;
    bool may_block_;
};

/// Runs a Filling; a negated errno where the descriptors cannot be copied.
template <typename Run>
int32_t with_filling(int32_t from, Long offset, Descriptor& into, size_t length, bool waits,
                     Run run) {
    Fd from_copy = copy_of(from);
    if (!from_copy) {
        return -errno;
    }
    Fd into_copy = copy_of(into.number());
    if (!into_copy) {
        return -errno;
    }
    return run(std::make_unique<Filling>(std::move(from_copy), offset.value, std::move(into_copy),
                                         length, waits));
}

int32_t fill_pipe_for(Environment& environment, int32_t from, Long offset, Descriptor* into,
                      size_t length, bool waits, Milliseconds timeout) {
    return with_filling(from, offset, *into, length, waits, [&](std::unique_ptr<Filling> filling) {
        return environment.block(*filling, timeout, false).result;
    });
}

int32_t fill_pipe_wait(Environment& environment, int32_t from, Long offset, Descriptor* into,
                       size_t length, bool waits) {
    return with_filling(from, offset, *into, length, waits, [&](std::unique_ptr<Filling> filling) {
        return environment.waits().start(std::move(filling));
    });
}

} // namespace

void define_splice(Exports& exports) {
    exports.function<splice>("splice", "fd_in", "off_in", "fd_out", "off_out", "size", "flags");
    exports.function<tee>("tee", "fd_in", "fd_out", "size", "flags");
    exports.function<vmsplice>("vmsplice", "fd", "memory", "flags");
    exports.function<fill_pipe_for>("fillPipeFor", "from", "offset", "into", "length", "waits",
                                    "timeout");
    exports.function<fill_pipe_wait>("fillPipeWait", "from", "offset", "into", "length", "waits");
}

} // namespace posix_ipc::stream
