#include "unix/calls.h"

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <vector>

#include "core/blocking_call.h"

namespace posix_ipc::unix_domain {

namespace {

sockaddr* address_in(const Bytes& memory) {
    return reinterpret_cast<sockaddr*>(memory.data());
}

socklen_t size_of(const Bytes& memory) {
    return static_cast<socklen_t>(memory.size());
}

int32_t make(Environment& /*environment*/, int32_t domain, int32_t type, int32_t protocol) {
    return or_errno(::socket(domain, type, protocol));
}

int32_t pair(Environment& /*environment*/, int32_t domain, int32_t type, int32_t protocol,
             const Bytes& sv) {
    std::array<int, 2> made{};
    if (sv.size() < sizeof made) {
        throw ArgumentError(ArgumentError::Kind::range, "sv", "at least 8 bytes");
    }
    if (::socketpair(domain, type, protocol, made.data()) != 0) {
        return -errno;
    }
    std::memcpy(sv.data(), made.data(), sizeof made);
    return 0;
}

int32_t bind(Environment& /*environment*/, int32_t fd, const Bytes& address) {
    return or_errno(::bind(fd, address_in(address), size_of(address)));
}

int32_t listen(Environment& /*environment*/, int32_t fd, int32_t backlog) {
    return or_errno(::listen(fd, backlog));
}

int32_t accept4(Environment& environment, int32_t fd, int32_t flags) {
    return block_as_in_c(environment,
                         [=] { return or_errno(::accept4(fd, nullptr, nullptr, flags)); });
}

int32_t connect(Environment& environment, int32_t fd, const Bytes& address) {
    return block_as_in_c(environment, [=] {
        return or_errno(::connect(fd, address_in(address), size_of(address)));
    });
}

int32_t shutdown(Environment& /*environment*/, int32_t fd, int32_t how) {
    return or_errno(::shutdown(fd, how));
}

/// The length of the value.
int32_t getsockopt(Environment& /*environment*/, int32_t fd, int32_t level, int32_t name,
                   const Bytes& value) {
    socklen_t size = size_of(value);
    return ::getsockopt(fd, level, name, value.data(), &size) == 0 ? static_cast<int32_t>(size)
                                                                   : -errno;
}

int32_t setsockopt(Environment& /*environment*/, int32_t fd, int32_t level, int32_t name,
                   const Bytes& value) {
    return or_errno(::setsockopt(fd, level, name, value.data(), size_of(value)));
}

/// The full length of the address.
int32_t getname(Environment& /*environment*/, int32_t fd, bool peer, const Bytes& address) {
    socklen_t size = size_of(address);
    const int result = peer ? ::getpeername(fd, address_in(address), &size)
                            : ::getsockname(fd, address_in(address), &size);
    return result == 0 ? static_cast<int32_t>(size) : -errno;
}

/// struct msghdr over memory of JavaScript's; what is empty counts as not there.
class Message {
  public:
    Message(Environment& environment, const Bytes& name, napi_value parts, const Bytes& control) {
        const Napi::Value list(environment.env(), parts);
        if (!list.IsArray()) {
            throw ArgumentError(ArgumentError::Kind::type, "msg_iov", "an array");
        }
        const auto array = list.As<Napi::Array>();
        constexpr uint32_t most_parts = 1024; // IOV_MAX
        if (array.Length() > most_parts) {
            throw ArgumentError(ArgumentError::Kind::range, "msg_iov", "at most 1024 views");
        }
        parts_.reserve(array.Length());
        for (uint32_t i = 0; i < array.Length(); i++) {
            const Bytes bytes = view_bytes(environment.env(), array.Get(i), "msg_iov");
            parts_.push_back({bytes.data(), bytes.size()});
        }
        header_.msg_name = name.empty() ? nullptr : name.data();
        header_.msg_namelen = size_of(name);
        header_.msg_iov = parts_.data();
        header_.msg_iovlen = parts_.size();
        header_.msg_control = control.empty() ? nullptr : control.data();
        header_.msg_controllen = control.size();
    }

    msghdr& header() { return header_; }

  private:
    std::vector<iovec> parts_;
    msghdr header_{};
};

int32_t sendmsg(Environment& environment, int32_t fd, const Bytes& name, napi_value parts,
                const Bytes& control, int32_t flags) {
    Message message(environment, name, parts, control);
    return block_as_in_c(environment, [&] {
        return static_cast<int32_t>(or_errno(::sendmsg(fd, &message.header(), flags)));
    });
}

/// `told`: three words, msg_namelen, msg_controllen and msg_flags.
int32_t recvmsg(Environment& environment, int32_t fd, const Bytes& name, napi_value parts,
                const Bytes& control, int32_t flags, const Bytes& told) {
    std::array<int32_t, 3> words{};
    if (told.size() < sizeof words) {
        throw ArgumentError(ArgumentError::Kind::range, "told", "at least 12 bytes");
    }
    Message message(environment, name, parts, control);
    const msghdr asked = message.header();
    const int32_t result = block_as_in_c(environment, [&] {
        message.header() = asked;
        return static_cast<int32_t>(or_errno(::recvmsg(fd, &message.header(), flags)));
    });
    words = {static_cast<int32_t>(message.header().msg_namelen),
             static_cast<int32_t>(message.header().msg_controllen), message.header().msg_flags};
    std::memcpy(told.data(), words.data(), sizeof words);
    return result;
}

} // namespace

void define_calls(Exports& exports) {
    exports.function<make>("socketFd", "domain", "type", "protocol");
    exports.function<pair>("socketpairFd", "domain", "type", "protocol", "sv");
    exports.function<bind>("bindFd", "sockfd", "addr");
    exports.function<listen>("listenFd", "sockfd", "backlog");
    exports.function<accept4>("accept4Fd", "sockfd", "flags");
    exports.function<connect>("connectFd", "sockfd", "addr");
    exports.function<shutdown>("shutdownFd", "sockfd", "how");
    exports.function<getsockopt>("getsockoptFd", "sockfd", "level", "optname", "optval");
    exports.function<setsockopt>("setsockoptFd", "sockfd", "level", "optname", "optval");
    exports.function<getname>("getnameFd", "sockfd", "peer", "addr");
    exports.function<sendmsg>("sendmsgFd", "sockfd", "msg_name", "msg_iov", "msg_control", "flags");
    exports.function<recvmsg>("recvmsgFd", "sockfd", "msg_name", "msg_iov", "msg_control", "flags",
                              "told");
}

} // namespace posix_ipc::unix_domain
