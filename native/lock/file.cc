#include "lock/file.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/blocking_call.h"
#include "core/descriptors.h"
#include "core/exact_mode.h"
#include "core/fd.h"

namespace posix_ipc::lock {

namespace {

using ErrorKind = ArgumentError::Kind;

/// Who owns a lock: an open file description, the process, or an open file description by flock(2).
enum class Kind : int32_t { ofd, posix, flock };

Kind kind_of(int32_t number) {
    if (number < static_cast<int32_t>(Kind::ofd) || number > static_cast<int32_t>(Kind::flock)) {
        throw ArgumentError(ErrorKind::range, "kind", "0 (OFD), 1 (POSIX) or 2 (flock)");
    }
    return static_cast<Kind>(number);
}

short type_of(int32_t number) {
    if (number != F_RDLCK && number != F_WRLCK && number != F_UNLCK) {
        throw ArgumentError(ErrorKind::range, "type", "F_RDLCK, F_WRLCK or F_UNLCK");
    }
    return static_cast<short>(number);
}

/// What is asked of a file: a range of it, from its beginning; length 0 reaches to any end.
struct Request {
    Kind kind;
    short type;
    off_t start;
    off_t length;
};

Request request_of(int32_t kind, int32_t type, Long start, Long length) {
    return {kind_of(kind), type_of(type), start.value, length.value};
}

int32_t lock_flock(int fd, short type, bool wait) {
    const int operation = type == F_UNLCK ? LOCK_UN : (type == F_WRLCK ? LOCK_EX : LOCK_SH);
    return or_errno(::flock(fd, operation | (wait ? 0 : LOCK_NB)));
}

int32_t perform(int fd, const Request& request, bool wait) {
    if (request.kind == Kind::flock) {
        return lock_flock(fd, request.type, wait);
    }
    struct flock range {};
    range.l_type = request.type;
    range.l_whence = SEEK_SET;
    range.l_start = request.start;
    range.l_len = request.length;
    const bool ofd = request.kind == Kind::ofd;
    const int cmd = wait ? (ofd ? F_OFD_SETLKW : F_SETLKW) : (ofd ? F_OFD_SETLK : F_SETLK);
    return or_errno(fcntl(fd, cmd, &range));
}

/// Taking a lock. The descriptor stays open until the wait has ended: who closes it ends its waits
/// first. It is not duplicated: the end of any descriptor of a file is the end of its POSIX locks.
class Locking : public wait::Operation {
  public:
    Locking(int fd, const Request& request) : fd_(fd), request_(request) {}

    wait::Outcome block() override { return {perform(fd_, request_, true), 0}; }

    wait::Outcome attempt() override {
        const int32_t result = perform(fd_, request_, false);
        return {result == -EAGAIN ? -EINTR : result, 0};
    }

    /// All locks that this environment has on the range go: nobody is left to hold them.
    bool give_back(const wait::Outcome& outcome) noexcept override {
        if (outcome.result >= 0) {
            request_.type = F_UNLCK;
            perform(fd_, request_, false);
        }
        return true;
    }

  private:
    int fd_;
    Request request_;
};

// ---- for classes

/// At once; -EAGAIN where it would have to wait.
int32_t file_lock(Environment& /*environment*/, Descriptor* descriptor, int32_t kind, int32_t type,
                  Long start, Long length) {
    return perform(descriptor->number(), request_of(kind, type, start, length), false);
}

/// The same of the whole file, as most locks are: what is not said need not be checked.
int32_t file_lock_whole(Environment& /*environment*/, Descriptor* descriptor, int32_t kind,
                        int32_t type) {
    return perform(descriptor->number(), {kind_of(kind), type_of(type), 0, 0}, false);
}

/// Starts a wait.
int32_t file_lock_wait(Environment& environment, Descriptor* descriptor, int32_t kind, int32_t type,
                       Long start, Long length) {
    return environment.waits().start(
        std::make_unique<Locking>(descriptor->number(), request_of(kind, type, start, length)));
}

/// Blocks this thread; signals do not end it, and the timeout is ETIMEDOUT.
int32_t file_lock_for(Environment& environment, Descriptor* descriptor, int32_t kind, int32_t type,
                      Long start, Long length, Milliseconds timeout) {
    Locking locking(descriptor->number(), request_of(kind, type, start, length));
    return environment.block(locking, timeout, false).result;
}

/// A struct flock as JavaScript knows it: l_type, l_whence, l_start, l_len, l_pid.
using Fields = std::array<int64_t, 5>;

struct flock flock_in(Bytes bytes) {
    Fields fields{};
    if (bytes.size() < sizeof fields) {
        throw ArgumentError(ErrorKind::range, "lock", "5 numbers of 64 bits");
    }
    std::memcpy(fields.data(), bytes.data(), sizeof fields);
    struct flock lock {};
    lock.l_type = static_cast<short>(fields[0]);
    lock.l_whence = static_cast<short>(fields[1]);
    lock.l_start = fields[2];
    lock.l_len = fields[3];
    lock.l_pid = static_cast<pid_t>(fields[4]);
    return lock;
}

void flock_out(const struct flock& lock, Bytes bytes) {
    const Fields fields{lock.l_type, lock.l_whence, lock.l_start, lock.l_len, lock.l_pid};
    std::memcpy(bytes.data(), fields.data(), sizeof fields);
}

/// fcntl(2) with a struct flock, as in C: it blocks, EINTR ends it, and F_GETLK writes the struct.
int32_t fcntl_lock(Environment& environment, int32_t fd, int32_t cmd, Bytes fields) {
    struct flock lock = flock_in(fields);
    const auto call = [&] { return or_errno(fcntl(fd, cmd, &lock)); };
    switch (cmd) {
    case F_SETLKW:
    case F_OFD_SETLKW:
        return block_as_in_c(environment, call);
    case F_SETLK:
    case F_OFD_SETLK:
        return call();
    case F_GETLK:
    case F_OFD_GETLK: {
        const int32_t result = call();
        flock_out(lock, fields);
        return result;
    }
    default:
        throw ArgumentError(ErrorKind::range, "cmd", "a command that takes a struct flock");
    }
}

/// Whether a path leads to the file that a descriptor has open: 1, or 0 also where it leads
/// nowhere.
int32_t file_is_at(Environment& /*environment*/, int32_t fd, const Path& path) {
    struct stat opened {};
    struct stat found {};
    if (fstat(fd, &opened) != 0) {
        return -errno;
    }
    if (stat(path.text.c_str(), &found) != 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    }
    return opened.st_dev == found.st_dev && opened.st_ino == found.st_ino ? 1 : 0;
}

/// open(2). Neither a FIFO nor a terminal blocks or is taken over. A new file has the mode from the
/// first instant: else one whose maker is killed would keep who may not open it out for ever.
int32_t lock_file_open(Environment& /*environment*/, const Path& path, int32_t flags,
                       int32_t mode) {
    const int all = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    return (flags & O_EXCL) != 0 ? open_new(path.text, all, static_cast<mode_t>(mode))
                                 : or_errno(open(path.text.c_str(), all));
}

// ---- as in the man pages

int32_t flock(Environment& environment, int32_t fd, int32_t operation) {
    return block_as_in_c(environment, [=] { return or_errno(::flock(fd, operation)); });
}

int32_t lockf(Environment& environment, int32_t fd, int32_t cmd, Long length) {
    const off_t size = length.value;
    return block_as_in_c(environment, [=] { return or_errno(::lockf(fd, cmd, size)); });
}

} // namespace

void define_file(Exports& exports) {
    exports.function<file_lock>("fileLock", "descriptor", "kind", "type", "start", "length");
    exports.quick<file_lock>("fileLockQuick", "descriptor", "kind", "type", "start", "length");
    exports.quick<file_lock_whole>("fileLockWhole", "descriptor", "kind", "type");
    exports.function<file_lock_wait>("fileLockWait", "descriptor", "kind", "type", "start",
                                     "length");
    exports.function<file_lock_for>("fileLockFor", "descriptor", "kind", "type", "start", "length",
                                    "timeout");
    exports.function<fcntl_lock>("fcntlLock", "fd", "cmd", "lock");
    exports.function<file_is_at>("fileIsAt", "fd", "path");
    exports.function<owning<lock_file_open>>("lockFileOpen", "path", "flags", "mode");
    exports.function<flock>("flock", "fd", "operation");
    exports.function<lockf>("lockf", "fd", "cmd", "len");
}

} // namespace posix_ipc::lock
