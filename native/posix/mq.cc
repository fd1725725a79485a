#include "posix/mq.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <mqueue.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ahead.h"
#include "core/blocking_call.h"
#include "core/descriptors.h"
#include "core/system_call.h"

namespace posix_ipc::posix {

namespace {

using Kind = ArgumentError::Kind;

/// What a call takes that says how long a message is.
void check_room(Bytes message, size_t length) {
    if (length > message.size()) {
        throw ArgumentError(Kind::range, "length", "within the memory");
    }
}

const char* text_of(Bytes message) {
    return reinterpret_cast<const char*>(message.data());
}

char* text_of(std::byte* memory) {
    return reinterpret_cast<char*>(memory);
}

// ---- opening

int32_t open_queue(Environment& /*environment*/, const Path& name, int32_t oflag, int32_t mode,
                   bool sized, Long maxmsg, Long msgsize) {
    mq_attr attributes{};
    attributes.mq_maxmsg = maxmsg.value;
    attributes.mq_msgsize = msgsize.value;
    return or_errno(::mq_open(name.text.c_str(), oflag, static_cast<mode_t>(mode),
                              sized ? &attributes : nullptr));
}

int32_t close_queue(Environment& /*environment*/, int32_t fd) {
    return or_errno(::mq_close(fd));
}

int32_t unlink_queue(Environment& /*environment*/, const Path& name) {
    return or_errno(::mq_unlink(name.text.c_str()));
}

// ---- attributes: four numbers, in the order of struct mq_attr

void fill(Numbers values, const mq_attr& attributes) {
    const std::array<long, 4> fields{attributes.mq_flags, attributes.mq_maxmsg,
                                     attributes.mq_msgsize, attributes.mq_curmsgs};
    for (size_t i = 0; i < std::min(values.size(), fields.size()); i++) {
        values[i] = static_cast<double>(fields[i]);
    }
}

int32_t getattr(Environment& /*environment*/, int32_t fd, Numbers values) {
    mq_attr attributes{};
    const int result = or_errno(::mq_getattr(fd, &attributes));
    if (result == 0) {
        fill(values, attributes);
    }
    return result;
}

/// Only the flags can be changed; `values` gets what was before.
int32_t setattr(Environment& /*environment*/, int32_t fd, Long flags, Numbers values) {
    mq_attr wanted{};
    mq_attr before{};
    wanted.mq_flags = flags.value;
    const int result = or_errno(::mq_setattr(fd, &wanted, &before));
    if (result == 0) {
        fill(values, before);
    }
    return result;
}

/// How many messages there are.
int32_t depth(Environment& /*environment*/, Descriptor* descriptor) {
    mq_attr attributes{};
    const int result = or_errno(::mq_getattr(descriptor->number(), &attributes));
    return result < 0 ? result : static_cast<int32_t>(attributes.mq_curmsgs);
}

// ---- notification

constexpr int32_t unregister = -1;

/// `how`: SIGEV_SIGNAL, SIGEV_NONE, or -1, which takes a registration back. No SIGEV_THREAD: the
/// function would run on a thread that has no JavaScript.
int32_t notify(Environment& /*environment*/, int32_t fd, int32_t how, int32_t signal,
               int32_t value) {
    if (how == unregister) {
        return or_errno(::mq_notify(fd, nullptr));
    }
    if (how != SIGEV_SIGNAL && how != SIGEV_NONE) {
        return -EINVAL;
    }
    sigevent event{};
    event.sigev_notify = how;
    event.sigev_signo = signal;
    event.sigev_value.sival_int = value;
    return or_errno(::mq_notify(fd, &event));
}

// ---- without waiting

/// Long over: the call answers instead of waiting, whatever flags the open file has.
constexpr timespec in_the_past{};

/// That, but where the open file does not wait anyway: to read a time takes the kernel a while.
const timespec* not_waiting(const Descriptor& descriptor) {
    return descriptor.answers_at_once ? nullptr : &in_the_past;
}

/// Whether the open file has O_NONBLOCK; only of one that nobody else has.
int32_t answer_at_once(Environment& /*environment*/, Descriptor* descriptor, bool on) {
    mq_attr wanted{};
    wanted.mq_flags = on ? O_NONBLOCK : 0;
    const int32_t result = or_errno(::mq_setattr(descriptor->number(), &wanted, nullptr));
    descriptor->answers_at_once = on && result == 0;
    return result;
}

/// Makes a call that has a timeout; -EAGAIN where it would have to wait.
template <typename Call>
long attempt(Call call) {
    for (;;) {
        const long result = call();
        if (result >= 0) [[likely]] {
            return result;
        }
        if (result != -EINTR) {
            return result == -ETIMEDOUT ? -EAGAIN : result;
        }
    }
}

int32_t send_now(int fd, Bytes message, unsigned priority, const timespec* until = &in_the_past) {
    return static_cast<int32_t>(attempt([=] {
        return system_call(SYS_mq_timedsend, fd, message.data(), message.size(), priority, until);
    }));
}

int32_t send_now(const Descriptor& descriptor, Bytes message, unsigned priority) {
    return send_now(descriptor.number(), message, priority, not_waiting(descriptor));
}

ssize_t receive_now(const Descriptor& descriptor, std::byte* memory, size_t length,
                    unsigned& priority) {
    return attempt([&] {
        return system_call(SYS_mq_timedreceive, descriptor.number(), memory, length, &priority,
                           not_waiting(descriptor));
    });
}

/// A length and a priority in one number, which JavaScript takes apart.
int64_t received(ssize_t length, unsigned priority) {
    constexpr int64_t priority_step = int64_t{1} << 32;
    return length < 0 ? length : length + priority * priority_step;
}

int32_t try_send(Environment& /*environment*/, Descriptor* descriptor, const Bytes& message,
                 size_t length, Key priority) {
    check_room(message, length);
    return send_now(*descriptor, message.first(length), static_cast<unsigned>(priority.value));
}

int64_t try_receive(Environment& /*environment*/, Descriptor* descriptor, const Bytes& memory,
                    size_t length) {
    check_room(memory, length);
    unsigned priority = 0;
    const ssize_t result = receive_now(*descriptor, memory.data(), length, priority);
    return received(result, priority);
}

/// The same, into memory of which each byte is used once.
int64_t try_receive_pooled(Environment& environment, Descriptor* descriptor, const Bytes& pool,
                           size_t length) {
    const int64_t result = try_receive(environment, descriptor, pool, length);
    if (result > 0) {
        fetch_ahead(pool, static_cast<uint32_t>(result));
    }
    return result;
}

// ---- many at once: each message is its length and its priority, 4 bytes each, then its bytes,
// padded to 8

constexpr size_t record_header = 8;

size_t padded(size_t size) {
    return (size + 7) & ~size_t{7};
}

/// Sends the first `count` records of a slab: how many, or the negated errno if the first was not.
int32_t try_send_many(Environment& /*environment*/, Descriptor* descriptor, const Bytes& slab,
                      int32_t count) {
    size_t at = 0;
    for (int32_t sent = 0; sent < count; sent++) {
        std::array<uint32_t, 2> header{};
        if (slab.size() - at < record_header) {
            throw ArgumentError(Kind::range, "slab", "as long as its records");
        }
        std::memcpy(header.data(), slab.data() + at, record_header);
        const auto [length, priority] = header;
        const Bytes rest = slab.subspan(at + record_header);
        check_room(rest, length);
        const int32_t result = send_now(*descriptor, rest.first(length), priority);
        if (result < 0) {
            return sent > 0 ? sent : result;
        }
        at = std::min(at + record_header + padded(length), slab.size());
    }
    return count;
}

/// In what try_receive_many answers: there was no further message.
constexpr int32_t emptied = 1 << 30;

/// Fills a slab with records while there are messages and room for one of `length` bytes, `limit`
/// at most: how many, with `emptied` where it ended for lack of messages; a negated errno if it
/// failed before the first.
int32_t try_receive_many(Environment& /*environment*/, Descriptor* descriptor, const Bytes& slab,
                         size_t length, int32_t limit) {
    size_t at = 0;
    int32_t count = 0;
    while (count < limit && slab.size() - at >= record_header &&
           slab.size() - at - record_header >= length) {
        std::byte* const record = slab.data() + at;
        unsigned priority = 0;
        const ssize_t result = receive_now(*descriptor, record + record_header, length, priority);
        if (result == -EAGAIN) {
            return count | emptied;
        }
        if (result < 0) {
            return count > 0 ? count : static_cast<int32_t>(result);
        }
        const std::array<uint32_t, 2> header{static_cast<uint32_t>(result), priority};
        std::memcpy(record, header.data(), record_header);
        at = std::min(at + record_header + padded(static_cast<size_t>(result)), slab.size());
        count++;
    }
    return count;
}

// ---- as in C

int32_t send(Environment& environment, int32_t fd, const Bytes& message, size_t length,
             Key priority) {
    check_room(message, length);
    const auto number = static_cast<unsigned>(priority.value);
    return block_as_in_c(environment,
                         [=] { return or_errno(::mq_send(fd, text_of(message), length, number)); });
}

int32_t timed_send(Environment& environment, int32_t fd, const Bytes& message, size_t length,
                   Key priority, Long seconds, Long nanoseconds) {
    check_room(message, length);
    const auto number = static_cast<unsigned>(priority.value);
    const timespec until{seconds.value, nanoseconds.value};
    return block_as_in_c(environment, [=] {
        return or_errno(::mq_timedsend(fd, text_of(message), length, number, &until));
    });
}

/// mq_receive, or mq_timedreceive; what it took for a worker that is ending goes back, if the queue
/// was opened to send, too.
class Receive : public wait::Operation {
  public:
    Receive(int fd, Bytes memory, const timespec* until)
        : fd_(fd), memory_(memory), until_(until) {}

    wait::Outcome block() override {
        char* const text = text_of(memory_.data());
        const ssize_t length =
            until_ == nullptr ? ::mq_receive(fd_, text, memory_.size(), &priority_)
                              : ::mq_timedreceive(fd_, text, memory_.size(), &priority_, until_);
        return {static_cast<int32_t>(or_errno(length)), 0};
    }

    bool give_back(const wait::Outcome& outcome) noexcept override {
        if (outcome.result < 0) {
            return true;
        }
        const Bytes message = memory_.first(static_cast<size_t>(outcome.result));
        const int32_t sent = send_now(fd_, message, priority_);
        return sent != -EAGAIN;
    }

    [[nodiscard]] unsigned priority() const { return priority_; }

  private:
    int fd_;
    Bytes memory_;
    const timespec* until_;
    unsigned priority_ = 0;
};

constexpr Milliseconds for_ever{std::numeric_limits<double>::infinity()};

int64_t receive(Environment& environment, int32_t fd, const Bytes& memory, size_t length) {
    check_room(memory, length);
    Receive receiving(fd, memory.first(length), nullptr);
    const int32_t result = environment.block(receiving, for_ever, true).result;
    return received(result, receiving.priority());
}

int64_t timed_receive(Environment& environment, int32_t fd, const Bytes& memory, size_t length,
                      Long seconds, Long nanoseconds) {
    check_room(memory, length);
    const timespec until{seconds.value, nanoseconds.value};
    Receive receiving(fd, memory.first(length), &until);
    const int32_t result = environment.block(receiving, for_ever, true).result;
    return received(result, receiving.priority());
}

} // namespace

void define_mq(Exports& exports) {
    exports.function<open_queue>("mqOpen", "name", "oflag", "mode", "sized", "mq_maxmsg",
                                 "mq_msgsize");
    exports.function<owning<open_queue>>("mqOwned", "name", "oflag", "mode", "sized", "mq_maxmsg",
                                         "mq_msgsize");
    exports.function<close_queue>("mqClose", "mqdes");
    exports.function<unlink_queue>("mqUnlink", "name");
    exports.function<getattr>("mqGetattr", "mqdes", "values");
    exports.function<setattr>("mqSetattr", "mqdes", "mq_flags", "values");
    exports.function<depth>("mqDepth", "descriptor");
    exports.function<answer_at_once>("mqAnswerAtOnce", "descriptor", "on");
    exports.function<notify>("mqNotify", "mqdes", "sigev_notify", "sigev_signo", "sigev_value");
    exports.function<try_send>("mqTrySend", "descriptor", "message", "length", "priority");
    exports.function<try_receive>("mqTryReceive", "descriptor", "memory", "length");
    exports.quick<try_send>("mqTrySendQuick", "descriptor", "message", "length", "priority");
    exports.quick<try_receive>("mqTryReceiveQuick", "descriptor", "memory", "length");
    exports.quick<try_receive_pooled>("mqTryReceivePooled", "descriptor", "pool", "length");
    exports.quick<try_send_many>("mqTrySendMany", "descriptor", "slab", "count");
    exports.quick<try_receive_many>("mqTryReceiveMany", "descriptor", "slab", "length", "limit");
    exports.function<send>("mqSend", "mqdes", "msg_ptr", "msg_len", "msg_prio");
    exports.function<timed_send>("mqTimedsend", "mqdes", "msg_ptr", "msg_len", "msg_prio", "tv_sec",
                                 "tv_nsec");
    exports.function<receive>("mqReceive", "mqdes", "msg_ptr", "msg_len");
    exports.function<timed_receive>("mqTimedreceive", "mqdes", "msg_ptr", "msg_len", "tv_sec",
                                    "tv_nsec");
}

} // namespace posix_ipc::posix
