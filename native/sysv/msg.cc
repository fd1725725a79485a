#include "sysv/msg.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ahead.h"
#include "core/pause.h"
#include "core/system_call.h"
#include "sysv/msg_wait.h"
#include "sysv/values.h"

namespace posix_ipc::sysv {

namespace {

using Kind = ArgumentError::Kind;

// The facade lays messages out as 64-bit little-endian Linux does.
static_assert(sizeof(long) == 8 && std::endian::native == std::endian::little);

/// struct msgbuf: a long, then the payload.
constexpr size_t type_bytes = sizeof(long);

/// A message inside a slab that holds many: its length (padded to 8 bytes), then struct msgbuf.
constexpr size_t record_header = 8;

void check_msgbuf(Bytes msgp, size_t msgsz) {
    if (msgp.size() < type_bytes || msgp.size() - type_bytes < msgsz) {
        throw ArgumentError(Kind::range, "msgp",
                            "at least " + std::to_string(type_bytes) +
                                " bytes longer than \"msgsz\": it begins with the type");
    }
}

// Without waiting.

int32_t send_now(int32_t msqid, const std::byte* msgp, size_t msgsz) {
    return static_cast<int32_t>(system_call(SYS_msgsnd, msqid, msgp, msgsz, IPC_NOWAIT));
}

int32_t receive_now(int32_t msqid, std::byte* msgp, size_t msgsz, long msgtyp, int32_t flags) {
    return static_cast<int32_t>(
        system_call(SYS_msgrcv, msqid, msgp, msgsz, msgtyp, flags | IPC_NOWAIT));
}

int32_t msgget(Environment& /*environment*/, Key key, int32_t flags) {
    return or_errno(::msgget(key.value, flags));
}

// ---- sending

int32_t msgsnd(Environment& environment, int32_t msqid, Bytes msgp, size_t msgsz, int32_t flags) {
    check_msgbuf(msgp, msgsz);
    if ((flags & IPC_NOWAIT) != 0) {
        return send_now(msqid, msgp.data(), msgsz);
    }
    MessageSend send(msqid, msgp.data(), msgsz, false);
    return environment.block(send, {std::numeric_limits<double>::infinity()}, true).result;
}

int32_t msgsnd_timed(Environment& environment, int32_t msqid, Bytes msgp, size_t msgsz,
                     Milliseconds timeout) {
    check_msgbuf(msgp, msgsz);
    MessageSend send(msqid, msgp.data(), msgsz, true);
    return environment.block(send, timeout, false).result;
}

/// Starts a wait that copies the message first.
int32_t msgsnd_wait(Environment& environment, int32_t msqid, Bytes msgp, size_t msgsz) {
    check_msgbuf(msgp, msgsz);
    std::vector<std::byte> message(msgp.begin(), msgp.begin() + type_bytes + msgsz);
    return environment.waits().start(
        std::make_unique<OwnedMessageSend>(msqid, std::move(message), msgsz));
}

size_t padded(size_t size) {
    return (size + 7) & ~size_t{7};
}

/// Sends the first `count` records of a slab without waiting: how many were sent, or the negated
/// errno if the first was not.
int32_t msgsnd_many(Environment& /*environment*/, int32_t msqid, Bytes slab, int32_t count) {
    size_t at = 0;
    for (int32_t sent = 0; sent < count; sent++) {
        uint32_t size = 0;
        if (slab.size() - at < record_header + type_bytes) {
            throw ArgumentError(Kind::range, "slab", "as long as its records");
        }
        std::memcpy(&size, slab.data() + at, sizeof size);
        const Bytes message = slab.subspan(at + record_header);
        check_msgbuf(message, size);
        const int32_t result = send_now(msqid, message.data(), size);
        if (result < 0) {
            return sent > 0 ? sent : result;
        }
        at = std::min(at + record_header + type_bytes + padded(size), slab.size());
    }
    return count;
}

// ---- receiving

int32_t msgrcv(Environment& environment, int32_t msqid, Bytes msgp, size_t msgsz, Long msgtyp,
               int32_t flags) {
    check_msgbuf(msgp, msgsz);
    if ((flags & IPC_NOWAIT) != 0) {
        return receive_now(msqid, msgp.data(), msgsz, msgtyp.value, flags);
    }
    MessageReceive receive(msqid, msgp.data(), msgsz, msgtyp.value, flags, false);
    return environment.block(receive, {std::numeric_limits<double>::infinity()}, true).result;
}

/// Without waiting, into memory of which each byte is used once.
int32_t msgrcv_pooled(Environment& /*environment*/, int32_t msqid, Bytes pool, size_t msgsz,
                      Long msgtyp, int32_t flags) {
    check_msgbuf(pool, msgsz);
    const int32_t length = receive_now(msqid, pool.data(), msgsz, msgtyp.value, flags);
    if (length > 0) {
        fetch_ahead(pool, type_bytes + static_cast<size_t>(length));
    }
    return length;
}

int32_t msgrcv_timed(Environment& environment, int32_t msqid, Bytes msgp, size_t msgsz, Long msgtyp,
                     int32_t flags, Milliseconds timeout) {
    check_msgbuf(msgp, msgsz);
    MessageReceive receive(msqid, msgp.data(), msgsz, msgtyp.value, flags, false);
    return environment.block(receive, timeout, false).result;
}

/// Starts a wait for a message of this selector; it stays in the queue (see MessageArrival).
int32_t msgrcv_wait(Environment& environment, int32_t msqid, Long msgtyp, int32_t flags) {
    return environment.waits().start(
        std::make_unique<MessageArrival>(msqid, msgtyp.value, flags & MSG_EXCEPT));
}

/// The same, blocking; the type of a taken empty message is written to msgp.
int32_t msgrcv_arrival(Environment& environment, int32_t msqid, Bytes msgp, Long msgtyp,
                       int32_t flags, Milliseconds timeout) {
    check_msgbuf(msgp, 0);
    MessageArrival arrival(msqid, msgtyp.value, flags & MSG_EXCEPT);
    const wait::Outcome outcome = environment.block(arrival, timeout, false);
    std::memcpy(msgp.data(), &outcome.extra, type_bytes);
    return outcome.result;
}

/// See try_for().
int32_t msgrcv_spin(Environment& /*environment*/, int32_t msqid, Bytes msgp, size_t msgsz,
                    Long msgtyp, int32_t flags, Milliseconds how_long) {
    check_msgbuf(msgp, msgsz);
    return try_for(how_long.duration(), -ENOMSG,
                   [&] { return receive_now(msqid, msgp.data(), msgsz, msgtyp.value, flags); });
}

/// In what msgrcv_many answers: there was no further message of the selector.
constexpr int32_t emptied = 1 << 30;

/// Fills a slab with as many records as there are messages, `limit` at most, without waiting:
/// how many, with `emptied` where it ended for lack of messages; a negated errno if it failed
/// before the first.
int32_t msgrcv_many(Environment& /*environment*/, int32_t msqid, Bytes slab, Long msgtyp,
                    int32_t flags, int32_t limit) {
    const int except = flags & MSG_EXCEPT;
    size_t at = 0;
    int32_t count = 0;
    while (count < limit && slab.size() - at > record_header + type_bytes) {
        std::byte* record = slab.data() + at;
        const size_t room = slab.size() - at - record_header - type_bytes;
        const int32_t length =
            receive_now(msqid, record + record_header, room, msgtyp.value, except);
        if (length == -ENOMSG) {
            return count | emptied;
        }
        if (length < 0) {
            return count > 0 ? count : length;
        }
        const auto size = static_cast<uint32_t>(length);
        std::memcpy(record, &size, sizeof size);
        at = std::min(at + record_header + type_bytes + padded(size), slab.size());
        count++;
    }
    return count;
}

// ---- control

int32_t status(Numbers values, int msqid, int cmd) {
    msqid_ds ds{};
    const int result = or_errno(::msgctl(msqid, cmd, &ds));
    if (result >= 0) {
        fill_status(values, ds.msg_perm, ds.msg_stime, ds.msg_rtime, ds.msg_ctime, ds.__msg_cbytes,
                    ds.msg_qnum, ds.msg_qbytes, ds.msg_lspid, ds.msg_lrpid);
    }
    return result;
}

/// How many messages are in the queue.
int32_t depth(Environment& /*environment*/, int32_t msqid) {
    msqid_ds ds{};
    const int result = or_errno(::msgctl(msqid, IPC_STAT, &ds));
    return result < 0 ? result : static_cast<int32_t>(ds.msg_qnum);
}

int32_t limits(Numbers values, int msqid, int cmd) {
    msginfo info{};
    const int result = or_errno(::msgctl(msqid, cmd, reinterpret_cast<msqid_ds*>(&info)));
    if (result >= 0) {
        fill(values, info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni, info.msgssz,
             info.msgtql, info.msgseg);
    }
    return result;
}

/// What IPC_SET reads may have come from IPC_STAT, where a double rounds 2^64 - 1 up.
msglen_t qbytes_of(Numbers values) {
    constexpr double beyond = 0x1p64;
    const double given = values.size() > 3 ? values[3] : -1;
    if (!(given >= 0 && given <= beyond)) {
        throw ArgumentError(Kind::range, "msg_qbytes", "0 to 2^64");
    }
    return given < beyond ? static_cast<msglen_t>(given) : std::numeric_limits<msglen_t>::max();
}

/// `values` is what the command fills, or reads (IPC_SET: uid, gid, mode, qbytes).
int32_t msgctl(Environment& /*environment*/, int32_t msqid, int32_t cmd, Numbers values) {
    switch (cmd) {
    case IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY:
        return status(values, msqid, cmd);
    case IPC_INFO:
    case MSG_INFO:
        return limits(values, msqid, cmd);
    case IPC_SET: {
        msqid_ds ds{};
        read_owner(values, ds.msg_perm);
        ds.msg_qbytes = qbytes_of(values);
        return or_errno(::msgctl(msqid, cmd, &ds));
    }
    default: {
        msqid_ds unused{};
        return or_errno(::msgctl(msqid, cmd, &unused));
    }
    }
}

} // namespace

void define_msg(Exports& exports) {
    exports.function<msgget>("msgget", "key", "msgflg");
    exports.function<msgsnd>("msgsnd", "msqid", "msgp", "msgsz", "msgflg");
    exports.quick<msgsnd>("msgsndQuick", "msqid", "msgp", "msgsz", "msgflg");
    exports.function<msgsnd_timed>("msgsndTimed", "msqid", "msgp", "msgsz", "timeout");
    exports.function<msgsnd_wait>("msgsndWait", "msqid", "msgp", "msgsz");
    exports.quick<msgsnd_many>("msgsndMany", "msqid", "slab", "count");
    exports.function<msgrcv>("msgrcv", "msqid", "msgp", "msgsz", "msgtyp", "msgflg");
    exports.quick<msgrcv>("msgrcvQuick", "msqid", "msgp", "msgsz", "msgtyp", "msgflg");
    exports.quick<msgrcv_pooled>("msgrcvPooled", "msqid", "pool", "msgsz", "msgtyp", "msgflg");
    exports.function<msgrcv_timed>("msgrcvTimed", "msqid", "msgp", "msgsz", "msgtyp", "msgflg",
                                   "timeout");
    exports.function<msgrcv_wait>("msgrcvWait", "msqid", "msgtyp", "msgflg");
    exports.function<msgrcv_arrival>("msgrcvArrival", "msqid", "msgp", "msgtyp", "msgflg",
                                     "timeout");
    exports.function<msgrcv_spin>("msgrcvSpin", "msqid", "msgp", "msgsz", "msgtyp", "msgflg",
                                  "howLong");
    exports.function<msgrcv_many>("msgrcvMany", "msqid", "slab", "msgtyp", "msgflg", "limit");
    exports.quick<msgrcv_many>("msgrcvManyQuick", "msqid", "slab", "msgtyp", "msgflg", "limit");
    exports.quick<depth>("msgDepth", "msqid");
    exports.function<msgctl>("msgctl", "msqid", "cmd", "values");
}

} // namespace posix_ipc::sysv
