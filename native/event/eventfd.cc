#include "event/eventfd.h"

#include <cerrno>
#include <cstring>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/blocking_call.h"
#include "core/descriptors.h"
#include "core/read_now.h"

namespace posix_ipc::event {

namespace {

/// The number of a new descriptor.
int32_t eventfd_create(Environment& /*environment*/, Key initial, int32_t flags) {
    return or_errno(::eventfd(static_cast<unsigned>(initial.value), flags));
}

/// Eight bytes of a view or a slab.
void* word_of(const Bytes& value) {
    if (value.size() < sizeof(eventfd_t)) {
        throw ArgumentError(ArgumentError::Kind::range, "value", "at least 8 bytes");
    }
    return value.data();
}

// The number of bytes, or a negated errno.

int32_t read_value(int fd, void* word) {
    return static_cast<int32_t>(or_errno(read(fd, word, sizeof(eventfd_t))));
}

int32_t write_value(int fd, const void* word) {
    return static_cast<int32_t>(or_errno(write(fd, word, sizeof(eventfd_t))));
}

int32_t eventfd_read(Environment& /*environment*/, Descriptor* descriptor, const Bytes& value) {
    return read_now(descriptor->number(), word_of(value), sizeof(eventfd_t));
}

/// Whether there may be no room. A counter that small values alone have filled is years old.
bool may_wait(const Descriptor& descriptor, const void* word) {
    eventfd_t value = 0;
    std::memcpy(&value, word, sizeof value);
    return descriptor.watch.room_by_change || value > UINT32_MAX;
}

/// poll(2) tells whether 1 fits: for the room that a greater value needs, each read is waited for.
int32_t eventfd_write(Environment& /*environment*/, Descriptor* descriptor, const Bytes& value) {
    const int fd = descriptor->number();
    const void* const word = word_of(value);
    // Others may have taken O_NONBLOCK away, and no write goes without.
    if (may_wait(*descriptor, word)) {
        if (const int error = set_nonblocking(fd, true); error != 0) {
            return error;
        }
    }
    const int32_t result = write_value(fd, word);
    if (result == -EAGAIN) {
        descriptor->watch.room_by_change = true;
    }
    return result;
}

int32_t eventfd_read_fd(Environment& environment, int32_t fd, const Bytes& value) {
    void* const word = word_of(value);
    return block_as_in_c(environment, [=] { return read_value(fd, word); });
}

int32_t eventfd_write_fd(Environment& environment, int32_t fd, const Bytes& value) {
    void* const word = word_of(value);
    return block_as_in_c(environment, [=] { return write_value(fd, word); });
}

} // namespace

void define_eventfd(Exports& exports) {
    exports.function<eventfd_create>("eventfd", "initval", "flags");
    exports.function<owning<eventfd_create>>("eventfdOwned", "initval", "flags");
    exports.function<eventfd_read>("eventfdRead", "descriptor", "value");
    exports.function<eventfd_write>("eventfdWrite", "descriptor", "value");
    exports.function<eventfd_read_fd>("eventfdReadFd", "fd", "value");
    exports.function<eventfd_write_fd>("eventfdWriteFd", "fd", "value");
}

} // namespace posix_ipc::event
