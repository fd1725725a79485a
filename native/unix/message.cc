#include "unix/message.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/descriptors.h"
#include "core/system_call.h"
#include "unix/address.h"
#include "unix/hung_up.h"

namespace posix_ipc::unix_domain {

namespace {

constexpr size_t most_fds = 253; // SCM_MAX_FD
constexpr int SCM_PIDFD = 4;     // since Linux 6.5; older headers have no name for it

/// What goes with a message, in memory that JavaScript reads and writes as words.
struct Envelope {
    enum Flag : uint32_t {
        truncated = 1,   ///< the end of the data is lost
        fds_lost = 2,    ///< descriptors have come, and not all could be taken: none was
        credentials = 4, ///< pid, uid and gid count
        ended = 8,       ///< there was no message: the peer has closed
        new_name = 16,   ///< the name differs from that of the message before
    };

    uint32_t flags = 0;
    uint32_t name_length = 0;
    uint32_t fd_count = 0; ///< of those that are lost too
    ucred sender{};
};

// Behind it: numbers of descriptors, their handles, a name.
constexpr size_t numbers_at = sizeof(Envelope);
constexpr size_t handles_at = numbers_at + most_fds * sizeof(int32_t);
constexpr size_t name_at = handles_at + most_fds * sizeof(int32_t);
constexpr size_t longest_name = sizeof(sockaddr_un::sun_path);
constexpr size_t envelope_size = name_at + longest_name;

Bytes checked(const Bytes& envelope) {
    if (envelope.size() < envelope_size) {
        throw ArgumentError(ArgumentError::Kind::range, "envelope", "large enough");
    }
    return envelope;
}

/// What may come before the descriptors: whoever shares a socket can ask for it, for all.
constexpr size_t room_for_others =
    CMSG_SPACE(sizeof(timeval)) + CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int));
constexpr size_t control_size = room_for_others + CMSG_SPACE(most_fds * sizeof(int));

struct Control {
    alignas(cmsghdr) std::array<std::byte, control_size> bytes;
};

// ---- sending

int32_t send_now(int fd, const Bytes& data) {
    return static_cast<int32_t>(system_call(SYS_sendto, fd, data.data(), data.size(),
                                            MSG_DONTWAIT | MSG_NOSIGNAL, nullptr, 0));
}

ssize_t receive_now(int fd, msghdr& message, int flags) {
    return system_call(SYS_recvmsg, fd, &message, flags | MSG_DONTWAIT);
}

int32_t send_plain(Environment& /*environment*/, Descriptor* descriptor, const Bytes& data) {
    return send_now(descriptor->number(), data);
}

/// The first bytes of a slab.
int32_t send_short(Environment& /*environment*/, Descriptor* descriptor, const Bytes& slab,
                   size_t length) {
    if (length > slab.size()) {
        throw ArgumentError(ArgumentError::Kind::range, "length", "within the memory");
    }
    return send_now(descriptor->number(), slab.first(length));
}

/// Adds a control message to those that are there; answers where its data goes.
void* add_control(msghdr& message, Control& control, int type, size_t size) {
    auto* const header = reinterpret_cast<cmsghdr*>(control.bytes.data() + message.msg_controllen);
    message.msg_control = control.bytes.data();
    message.msg_controllen += CMSG_SPACE(size);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    return CMSG_DATA(header);
}

int32_t send_with(Environment& /*environment*/, Descriptor* descriptor, const Bytes& data,
                  const Bytes& envelope) {
    const Bytes memory = checked(envelope);
    Envelope head;
    std::memcpy(&head, memory.data(), sizeof head);
    if (head.name_length > longest_name || head.fd_count > most_fds) {
        throw ArgumentError(ArgumentError::Kind::range, "envelope", "consistent");
    }
    Control control{};
    msghdr message{};
    iovec part{data.data(), data.size()};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const Address to(memory.subspan(name_at, head.name_length));
    if (head.name_length > 0) {
        message.msg_name = const_cast<sockaddr*>(to.get());
        message.msg_namelen = to.size();
    }
    if ((head.flags & Envelope::credentials) != 0) {
        std::memcpy(add_control(message, control, SCM_CREDENTIALS, sizeof(ucred)), &head.sender,
                    sizeof(ucred));
    }
    if (head.fd_count > 0) {
        const size_t size = head.fd_count * sizeof(int);
        std::memcpy(add_control(message, control, SCM_RIGHTS, size), memory.data() + numbers_at,
                    size);
    }
    return static_cast<int32_t>(
        or_errno(sendmsg(descriptor->number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL)));
}

// ---- receiving

/// How a message is received: a number of descriptors, 0 to 253, and these bits.
enum How : uint32_t {
    fds_mask = 0xff,
    with_name = 0x100,
    with_credentials = 0x200,
    whole = 0x400,   ///< what does not fit lands in the overflow
    packets = 0x800, ///< the answer is a message's full length
    ends = 0x1000,   ///< no bytes may mean the end; an arrival time (SO_TIMESTAMP) tells otherwise
    again = 0x2000,  ///< there was nothing before, either: what looks ready may be the end
};

/// What one environment keeps for its sockets.
class Inbox : public Facility {
  public:
    explicit Inbox(Environment& /*environment*/)
        : overflow_(mmap(nullptr, overflow_size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox() override {
        if (overflow_ != MAP_FAILED) {
            munmap(overflow_, overflow_size);
        }
    }

    /// Longer than any datagram: address space, no memory until one comes.
    [[nodiscard]] Bytes overflow() const {
        return {static_cast<std::byte*>(overflow_), overflow_ == MAP_FAILED ? 0 : overflow_size};
    }

    void release_overflow(size_t used) const {
        constexpr size_t kept = size_t{256} << 10;
        if (used > kept) {
            madvise(overflow_, overflow_size, MADV_DONTNEED);
        }
    }

    /// Whether it is another name than the last one.
    bool remember(const Bytes& found) {
        const bool same = found.size() == name_length_ &&
                          std::memcmp(last_name_.data(), found.data(), found.size()) == 0;
        if (!same) {
            std::memcpy(last_name_.data(), found.data(), found.size());
            name_length_ = found.size();
        }
        return !same;
    }

    // What recvmsg(2) writes; not cleared for each message.
    sockaddr_storage name{};
    Control control{};

  private:
    static constexpr size_t overflow_size = size_t{64} << 20;
    void* overflow_;
    std::array<std::byte, longest_name> last_name_{};
    size_t name_length_ = 0;
};

/// One recvmsg(2), and what came with it.
class Reception {
  public:
    Reception(Environment& environment, uint32_t how, const Bytes& envelope)
        : environment_(environment), inbox_(environment.facility<Inbox>()), how_(how),
          memory_(envelope) {}

    int32_t from(int fd, const Bytes& data) {
        const Bytes overflow = inbox_.overflow();
        std::array<iovec, 2> parts{
            {{data.data(), data.size()}, {overflow.data(), overflow.size()}}};
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = has(whole) ? 2 : 1;
        if (has(with_name)) {
            message.msg_name = &inbox_.name;
            message.msg_namelen = sizeof inbox_.name;
        }
        message.msg_controllen = room_for_control();
        message.msg_control = inbox_.control.bytes.data();
        const int flags = MSG_CMSG_CLOEXEC | (has(packets) ? MSG_TRUNC : 0);
        ssize_t length = receive_now(fd, message, flags);
        if (length == -EAGAIN && has(again) && has_hung_up(fd)) {
            // A datagram socket that was shut down is always ready, and answers as an empty one.
            length = receive_now(fd, message, flags); // what came before that
            if (length == -EAGAIN) {
                return end();
            }
        }
        if (length < 0) {
            return static_cast<int32_t>(length);
        }
        open(fd, message, length);
        return static_cast<int32_t>(length);
    }

  private:
    [[nodiscard]] bool has(How bit) const { return (how_ & bit) != 0; }
    [[nodiscard]] size_t wanted_fds() const { return std::min<size_t>(how_ & fds_mask, most_fds); }

    [[nodiscard]] size_t room_for_control() const {
        const size_t fds = wanted_fds() * sizeof(int);
        return room_for_others + (fds > 0 ? CMSG_LEN(fds) : 0);
    }

    int32_t end() {
        head_.flags |= Envelope::ended;
        std::memcpy(memory_.data(), &head_, sizeof head_);
        return 0;
    }

    void open(int fd, msghdr& message, ssize_t length) {
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
             header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level == SOL_SOCKET) {
                take(*header);
            }
        }
        if ((message.msg_flags & MSG_TRUNC) != 0) {
            head_.flags |= Envelope::truncated;
        }
        take_fds((message.msg_flags & MSG_CTRUNC) != 0);
        take_name(message);
        if (length == 0 && has(ends) && !timed_ && has_hung_up(fd) && !more_comes(fd)) {
            head_.flags |= Envelope::ended;
        }
        std::memcpy(memory_.data(), &head_, sizeof head_);
    }

    /// Whether a message follows what looks like the end. Arrival times are missing where somebody
    /// who shares the socket does not want them any more: they are asked for again.
    [[nodiscard]] bool more_comes(int fd) const {
        int times = 0;
        socklen_t size = sizeof times;
        if (!has(packets) || getsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &times, &size) != 0 ||
            times != 0) {
            return false;
        }
        times = 1;
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &times, size);
        msghdr message{}; // no room for what comes with it: each has a time, which is cut off then
        const ssize_t length = receive_now(fd, message, MSG_PEEK | MSG_TRUNC);
        return length > 0 || (length == 0 && (message.msg_flags & MSG_CTRUNC) != 0);
    }

    void take(const cmsghdr& header) {
        const unsigned char* const data = CMSG_DATA(&header);
        const size_t size = header.cmsg_len - CMSG_LEN(0);
        if (header.cmsg_type == SCM_RIGHTS) {
            head_.fd_count = static_cast<uint32_t>(std::min(size / sizeof(int), most_fds));
            rights_ = data;
        } else if (header.cmsg_type == SCM_CREDENTIALS && has(with_credentials)) {
            std::memcpy(&head_.sender, data, sizeof(ucred));
            head_.flags |= Envelope::credentials;
        } else if (header.cmsg_type == SCM_PIDFD) {
            int nobodys = -1;
            std::memcpy(&nobodys, data, sizeof nobodys);
            const Fd closed(nobodys);
        } else if (header.cmsg_type == SO_TIMESTAMP) {
            timed_ = true;
        }
    }

    /// All of them, or none: they belong to this environment, or are closed.
    void take_fds(bool cut) {
        const size_t count = head_.fd_count;
        if (count == 0) {
            if (cut) {
                head_.flags |= Envelope::fds_lost;
            }
            return;
        }
        std::array<Fd, most_fds> owned;
        for (size_t i = 0; i < count; i++) {
            int number = -1;
            std::memcpy(&number, rights_ + i * sizeof number, sizeof number);
            owned[i] = Fd(number);
        }
        if (cut || count > wanted_fds()) {
            head_.flags |= Envelope::fds_lost;
            return;
        }
        std::memcpy(memory_.data() + numbers_at, rights_, count * sizeof(int));
        auto& descriptors = environment_.facility<Descriptors>();
        std::array<int32_t, most_fds> handles{};
        for (size_t i = 0; i < count; i++) {
            handles[i] = descriptors.add(std::move(owned[i]));
            if (handles[i] < 0) { // there are as many handles as there can be
                std::for_each_n(handles.begin(), i,
                                [&](int32_t one) { descriptors.remove(one, "descriptor"); });
                head_.flags |= Envelope::fds_lost;
                head_.fd_count = 0;
                return;
            }
        }
        std::memcpy(memory_.data() + handles_at, handles.data(), count * sizeof(int32_t));
    }

    void take_name(const msghdr& message) {
        if (message.msg_namelen == 0) {
            return;
        }
        const Bytes name =
            name_in(inbox_.name, std::min<socklen_t>(message.msg_namelen, sizeof inbox_.name));
        const Bytes known = name.first(std::min(name.size(), longest_name));
        head_.name_length = static_cast<uint32_t>(known.size());
        if (!known.empty() && inbox_.remember(known)) {
            head_.flags |= Envelope::new_name;
        }
        std::memcpy(memory_.data() + name_at, known.data(), known.size());
    }

    Environment& environment_;
    Inbox& inbox_;
    uint32_t how_;
    Bytes memory_;
    Envelope head_;
    bool timed_ = false;
    const unsigned char* rights_ = nullptr; // as many as the head counts
};

/// The length of a message (of all of it, also where its end is lost) or of a piece of a stream.
int32_t receive(Environment& environment, Descriptor* descriptor, const Bytes& data, size_t length,
                int32_t how, const Bytes& envelope) {
    Reception reception(environment, static_cast<uint32_t>(how), checked(envelope));
    return reception.from(descriptor->number(), data.first(std::min(length, data.size())));
}

/// What did not fit the memory of the message received last.
void take_overflow(Environment& environment, const Bytes& target) {
    const auto& inbox = environment.facility<Inbox>();
    const size_t size = std::min(target.size(), inbox.overflow().size());
    std::memcpy(target.data(), inbox.overflow().data(), size);
    inbox.release_overflow(size);
}

} // namespace

void define_message(Exports& exports) {
    exports.function<send_plain>("unixSend", "descriptor", "data");
    exports.function<send_with>("unixSendWith", "descriptor", "data", "envelope");
    exports.quick<send_short>("unixSendQuick", "descriptor", "slab", "length");
    exports.quick<receive>("unixReceiveQuick", "descriptor", "data", "length", "how", "envelope");
    exports.function<receive>("unixReceive", "descriptor", "data", "length", "how", "envelope");
    exports.function<take_overflow>("unixTakeOverflow", "target");
}

} // namespace posix_ipc::unix_domain
