#include "unix/socket.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/descriptors.h"
#include "core/exact_mode.h"
#include "unix/address.h"
#include "unix/hung_up.h"

namespace posix_ipc::unix_domain {

namespace {

int32_t make(Environment& /*environment*/, int32_t type) {
    return or_errno(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
}

/// The handles of both go into `handles`.
int32_t pair(Environment& environment, int32_t type, const Bytes& handles) {
    std::array<int, 2> made{};
    if (handles.size() < sizeof made) {
        throw ArgumentError(ArgumentError::Kind::range, "handles", "at least 8 bytes");
    }
    const int result = socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, made.data());
    return result == 0 ? adopted(environment, made, handles) : -errno;
}

int32_t bind_to(Environment& /*environment*/, Descriptor* descriptor, const Bytes& name) {
    const Address address(name);
    return or_errno(bind(descriptor->number(), address.get(), address.size()));
}

/// Binds to a path; the file has the mode exactly.
int32_t bind_exact(Environment& /*environment*/, Descriptor* descriptor, const Bytes& name,
                   int32_t mode) {
    const Address address(name);
    const auto permissions = static_cast<mode_t>(mode);
    // The file gets the socket's own mode.
    if (fchmod(descriptor->number(), permissions) != 0) {
        return -errno;
    }
    const std::string path(reinterpret_cast<const char*>(name.data()), name.size());
    return make_exactly(path, S_IFSOCK, permissions, [&] {
        return or_errno(bind(descriptor->number(), address.get(), address.size()));
    });
}

int32_t listen_on(Environment& /*environment*/, Descriptor* descriptor, int32_t backlog) {
    return or_errno(listen(descriptor->number(), backlog));
}

/// It waits unless the listening socket is O_NONBLOCK. Others who have it can take that away, as
/// Node does of what becomes a child's standard input: so it is looked at each time. Once the
/// socket was shut down it is always ready, and there is nothing to accept: -EINVAL, as where it
/// waits.
int32_t accept_one(Environment& /*environment*/, Descriptor* descriptor) {
    const int fd = descriptor->number();
    if (const int error = set_nonblocking(fd, true); error != 0) {
        return error;
    }
    const auto accept_now = [fd] { return or_errno(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC)); };
    int32_t accepted = accept_now();
    if (accepted == -EAGAIN && has_hung_up(fd)) {
        accepted = accept_now(); // who came before that
        return accepted == -EAGAIN ? -EINVAL : accepted;
    }
    return accepted;
}

/// For datagrams, which never wait here.
int32_t connect_to(Environment& /*environment*/, Descriptor* descriptor, const Bytes& name) {
    const Address address(name);
    return or_errno(connect(descriptor->number(), address.get(), address.size()));
}

int32_t disconnect(Environment& /*environment*/, Descriptor* descriptor) {
    const sockaddr nobody{AF_UNSPEC, {}};
    return or_errno(connect(descriptor->number(), &nobody, sizeof nobody));
}

/// connect(2) of a new socket. Where too many others wait to be accepted there is nothing to poll
/// for: so it blocks, and a signal ends that with nothing done. Until it is connected nobody else
/// has the descriptor. Who wants credentials asks for them before: the server may send at once, and
/// what comes without them is shown as nobody's. For that the kernel gives the socket a name.
class Connection : public wait::Operation {
  public:
    Connection(Environment& environment, int32_t type, const Bytes& name, bool credentials)
        : environment_(environment), address_(name), fd_(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)),
          error_(fd_ ? 0 : errno) {
        constexpr int on = 1;
        if (fd_ && credentials &&
            setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
            error_ = errno;
            fd_ = Fd();
        }
    }

    wait::Outcome block() override { return {connect_now(false), 0}; }

    wait::Outcome attempt() override {
        const int32_t result = connect_now(true);
        return {result == -EAGAIN ? -EINTR : result, 0};
    }

    /// The handle of the connected descriptor; until its owner is told, it goes with the wait.
    wait::Outcome hand_over(const wait::Outcome& outcome) override {
        return outcome.result < 0 ? outcome
                                  : wait::Outcome{adopted(environment_, fd_.release()), 0};
    }

    /// 0, or a negated errno: -EAGAIN where it would wait.
    int32_t connect_now(bool without_waiting) {
        if (!fd_) {
            return -error_;
        }
        if (without_waiting != nonblocking_) {
            if (const int error = set_nonblocking(fd_.get(), without_waiting); error != 0) {
                return error;
            }
            nonblocking_ = without_waiting;
        }
        if (connect(fd_.get(), address_.get(), address_.size()) != 0) {
            return -errno;
        }
        return nonblocking_ ? set_nonblocking(fd_.get(), false) : 0;
    }

  private:
    Environment& environment_;
    Address address_;
    Fd fd_;
    int error_;
    bool nonblocking_ = false;
};

int32_t connected(Environment& environment, int32_t type, const Bytes& name, bool credentials) {
    Connection connection(environment, type, name, credentials);
    return connection.hand_over({connection.connect_now(true), 0}).result;
}

int32_t connected_wait(Environment& environment, int32_t type, const Bytes& name,
                       bool credentials) {
    return environment.waits().start(
        std::make_unique<Connection>(environment, type, name, credentials));
}

int32_t connected_timed(Environment& environment, int32_t type, const Bytes& name, bool credentials,
                        Milliseconds timeout) {
    Connection connection(environment, type, name, credentials);
    return connection.hand_over(environment.block(connection, timeout, false)).result;
}

/// Whether any socket is bound to a name: 0, or a negated errno; -ECONNREFUSED where none is. A
/// datagram socket tells without being noticed: to one of another type it cannot connect.
int32_t probe(Environment& /*environment*/, const Bytes& name) {
    const Address address(name);
    const Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) {
        return -errno;
    }
    const int result = connect(fd.get(), address.get(), address.size());
    const bool bound = result == 0 || errno == EPROTOTYPE || errno == EPERM;
    return bound ? 0 : -errno;
}

/// Takes a lock on an open file that goes with this process; -EAGAIN where another one has it.
int32_t lock_file(Environment& /*environment*/, int32_t fd) {
    return or_errno(flock(fd, LOCK_EX | LOCK_NB));
}

int32_t shut_down(Environment& /*environment*/, Descriptor* descriptor, int32_t how) {
    return or_errno(shutdown(descriptor->number(), how));
}

/// SOL_SOCKET options that are an int.
int32_t option(Environment& /*environment*/, int32_t fd, int32_t name) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -errno;
}

/// A descriptor of the process that is told of in peer_credentials().
int32_t peer_pidfd(Environment& environment, Descriptor* descriptor) {
    constexpr int so_peerpidfd = 77; // Linux 6.5
    return option(environment, descriptor->number(), so_peerpidfd);
}

int32_t set_option(Environment& /*environment*/, int32_t fd, int32_t name, int32_t value) {
    return or_errno(setsockopt(fd, SOL_SOCKET, name, &value, sizeof value));
}

/// pid, uid and gid of the process that has connected, listened or made the pair: three words.
int32_t peer_credentials(Environment& /*environment*/, Descriptor* descriptor,
                         const Bytes& credentials) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (credentials.size() < sizeof peer) {
        throw ArgumentError(ArgumentError::Kind::range, "credentials", "at least 12 bytes");
    }
    if (getsockopt(descriptor->number(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return -errno;
    }
    std::memcpy(credentials.data(), &peer, sizeof peer);
    return 0;
}

/// The socket's own name or its peer's: its length; 0 where it has none.
int32_t name_of(Environment& /*environment*/, Descriptor* descriptor, bool peer,
                const Bytes& name) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    const int result = peer ? getpeername(descriptor->number(), place, &size)
                            : getsockname(descriptor->number(), place, &size);
    if (result != 0) {
        return -errno;
    }
    const Bytes found = name_in(address, size);
    std::memcpy(name.data(), found.data(), std::min(found.size(), name.size()));
    return static_cast<int32_t>(found.size());
}

} // namespace

void define_socket(Exports& exports) {
    exports.function<owning<make>>("unixSocket", "type");
    exports.function<pair>("unixPair", "type", "handles");
    exports.function<bind_to>("unixBind", "descriptor", "name");
    exports.function<bind_exact>("unixBindExact", "descriptor", "name", "mode");
    exports.function<listen_on>("unixListen", "descriptor", "backlog");
    exports.function<owning<accept_one>>("unixAccept", "descriptor");
    exports.function<connect_to>("unixConnect", "descriptor", "name");
    exports.function<disconnect>("unixDisconnect", "descriptor");
    exports.function<connected>("unixConnected", "type", "name", "credentials");
    exports.function<connected_wait>("unixConnectedWait", "type", "name", "credentials");
    exports.function<connected_timed>("unixConnectedTimed", "type", "name", "credentials",
                                      "timeout");
    exports.function<probe>("unixProbe", "name");
    exports.function<lock_file>("unixLockFile", "fd");
    exports.function<shut_down>("unixShutdown", "descriptor", "how");
    exports.function<option>("unixOption", "fd", "name");
    exports.function<owning<peer_pidfd>>("unixPeerPidfd", "descriptor");
    exports.function<set_option>("unixSetOption", "fd", "name", "value");
    exports.function<peer_credentials>("unixPeerCredentials", "descriptor", "credentials");
    exports.function<name_of>("unixName", "descriptor", "peer", "name");
}

} // namespace posix_ipc::unix_domain
