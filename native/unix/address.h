#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "core/arguments.h"

namespace posix_ipc::unix_domain {

/// A struct sockaddr_un and how much of it counts. Its name is what stands in sun_path: a path, or
/// a zero byte and an abstract name, of exactly its length; empty: the kernel chooses one
/// (autobind).
class Address {
  public:
    explicit Address(const Bytes& name);

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&address_);
    }
    [[nodiscard]] socklen_t size() const { return size_; }

  private:
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

/// The name in an address that the kernel has written; a path without its zero byte.
Bytes name_in(sockaddr_storage& address, socklen_t size);

} // namespace posix_ipc::unix_domain
