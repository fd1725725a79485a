#include "core/descriptor_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/descriptors.h"
#include "core/pause.h"
#include "core/read_now.h"
#include "core/wait/timespec.h"

namespace posix_ipc::core {

namespace {

/// poll(2) for one descriptor: for Sync forms.
class Readiness : public wait::Operation {
  public:
    Readiness(int fd, Direction direction)
        : polled_{fd, static_cast<short>(direction == Direction::in ? POLLIN : POLLOUT), 0} {}

    wait::Outcome block() override { return poll_for(nullptr); }
    [[nodiscard]] bool timed() const override { return true; }

    wait::Outcome block_until(wait::Clock::time_point look) override {
        const timespec limit = wait::time_until(look);
        return poll_for(&limit);
    }

    wait::Outcome attempt() override {
        const timespec now{};
        return poll_for(&now);
    }

  private:
    /// -EINTR also when the time is over.
    wait::Outcome poll_for(const timespec* limit) {
        const int count = ppoll(&polled_, 1, limit, nullptr);
        if (count > 0) {
            return {(polled_.revents & POLLNVAL) != 0 ? -EBADF : 0, 0};
        }
        return {count == 0 ? -EINTR : -errno, 0};
    }

    pollfd polled_;
};

Direction direction_of(int32_t number) {
    if (number != static_cast<int32_t>(Direction::in) &&
        number != static_cast<int32_t>(Direction::out)) {
        throw ArgumentError(ArgumentError::Kind::range, "direction", "1 (in) or 2 (out)");
    }
    return static_cast<Direction>(number);
}

/// Takes over a descriptor; from now on no program that this process starts inherits it by itself.
int32_t descriptor_adopt(Environment& environment, int32_t fd) {
    const int flags = fcntl(fd, F_GETFD);
    const bool set = flags >= 0 && (flags & FD_CLOEXEC) != 0;
    if (flags < 0 || (!set && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0)) {
        return -errno;
    }
    return adopted(environment, fd);
}

/// Whether a descriptor of this environment has the number.
bool descriptor_is_owned(Environment& environment, int32_t fd) {
    return environment.facility<Descriptors>().owns(fd);
}

int32_t descriptor_number(Environment& /*environment*/, Descriptor* descriptor) {
    return descriptor->number();
}

/// The number, still open: it belongs to the caller now.
int32_t descriptor_release(Environment& environment, int32_t descriptor) {
    return environment.facility<Descriptors>().remove(descriptor, "descriptor").release();
}

void descriptor_close(Environment& environment, int32_t descriptor) {
    environment.facility<Descriptors>().remove(descriptor, "descriptor");
}

/// A copy of somebody else's.
int32_t descriptor_duplicate(Environment& /*environment*/, int32_t fd) {
    return or_errno(copy_of(fd).release());
}

int32_t never_block(Environment& /*environment*/, Descriptor* descriptor) {
    return set_nonblocking(descriptor->number(), true);
}

/// The open file's access mode and flags: fcntl(2), F_GETFL.
int32_t status_flags(Environment& /*environment*/, int32_t fd) {
    return or_errno(fcntl(fd, F_GETFL));
}

/// What kind of file it is: S_IFIFO, S_IFSOCK and so on.
int32_t file_type(Environment& /*environment*/, int32_t fd) {
    struct stat status {};
    return fstat(fd, &status) == 0 ? static_cast<int32_t>(status.st_mode & S_IFMT) : -errno;
}

/// Reads what is there: for records of a fixed size.
int32_t descriptor_read(Environment& /*environment*/, Descriptor* descriptor, const Bytes& into) {
    return read_now(descriptor->number(), into.data(), into.size());
}

int32_t ready_start(Environment& environment, int32_t descriptor, int32_t direction) {
    return environment.facility<Descriptors>().want(descriptor, direction_of(direction));
}

void ready_stop(Environment& environment, int32_t descriptor, int32_t direction) {
    environment.facility<Descriptors>().forget(descriptor, direction_of(direction));
}

/// As ready_wait; at the first time, at once.
int32_t room_wait(Environment& environment, Descriptor& descriptor, Milliseconds timeout) {
    const int changes = descriptor.room_changes();
    if (changes < 0) {
        return changes;
    }
    Readiness readiness(changes, Direction::in);
    const int32_t result = environment.block(readiness, timeout, false).result;
    if (result == 0) {
        epoll_event seen{};
        epoll_wait(changes, &seen, 1, 0);
    }
    return result;
}

/// Blocks this thread until it is ready; no signal ends that.
int32_t ready_wait(Environment& environment, Descriptor* descriptor, int32_t direction,
                   Milliseconds timeout) {
    if (direction_of(direction) == Direction::out && descriptor->watch.room_by_change) {
        return room_wait(environment, *descriptor, timeout);
    }
    Readiness readiness(descriptor->number(), direction_of(direction));
    return environment.block(readiness, timeout, false).result;
}

/// Asks for so long, without giving up the CPU: whether it is ready.
bool ready_spin(Environment& /*environment*/, Descriptor* descriptor, int32_t direction,
                Milliseconds how_long) {
    Readiness readiness(descriptor->number(), direction_of(direction));
    return try_for(how_long.duration(), -EINTR, [&] { return readiness.attempt().result; }) == 0;
}

void on_ready(Environment& environment, napi_value ready) {
    const Napi::Value told(environment.env(), ready);
    if (!told.IsFunction()) {
        throw ArgumentError(ArgumentError::Kind::type, "ready", "a function");
    }
    environment.facility<Descriptors>().on_ready(told.As<Napi::Function>());
}

} // namespace

void define_descriptors(Exports& exports) {
    Environment& environment = exports.environment();
    // They belong to the addon, as waitWords and waitEnds do.
    exports.value("readyWords", environment.facility<Descriptors>().words());
    exports.value("readyEnds", Napi::Array::New(environment.env()));
    exports.function<on_ready>("onReady", "ready");
    exports.function<ready_start>("readyStart", "descriptor", "direction");
    exports.function<ready_stop>("readyStop", "descriptor", "direction");
    exports.function<ready_spin>("readySpin", "descriptor", "direction", "howLong");
    exports.function<ready_wait>("readyWait", "descriptor", "direction", "timeout");
    exports.function<descriptor_adopt>("descriptorAdopt", "fd");
    exports.function<descriptor_is_owned>("descriptorIsOwned", "fd");
    exports.function<descriptor_number>("descriptorNumber", "descriptor");
    exports.function<descriptor_release>("descriptorRelease", "descriptor");
    exports.function<descriptor_close>("descriptorClose", "descriptor");
    exports.function<owning<descriptor_duplicate>>("descriptorDuplicate", "fd");
    exports.function<descriptor_read>("descriptorRead", "descriptor", "into");
    exports.function<never_block>("setNonblocking", "descriptor");
    exports.function<status_flags>("statusFlags", "fd");
    exports.function<file_type>("fileType", "fd");
}

} // namespace posix_ipc::core
