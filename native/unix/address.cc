#include "unix/address.h"

#include <cstddef>
#include <cstring>

namespace posix_ipc::unix_domain {

constexpr size_t name_at = offsetof(sockaddr_un, sun_path);

Address::Address(const Bytes& name) {
    address_.sun_family = AF_UNIX;
    if (name.size() > sizeof address_.sun_path) {
        throw ArgumentError(ArgumentError::Kind::range, "name", "at most 108 bytes");
    }
    std::memcpy(address_.sun_path, name.data(), name.size());
    const bool path = !name.empty() && name[0] != std::byte{0};
    const bool zero_fits = name.size() < sizeof address_.sun_path;
    size_ = static_cast<socklen_t>(name_at + name.size() + (path && zero_fits ? 1 : 0));
}

Bytes name_in(sockaddr_storage& address, socklen_t size) {
    auto* const name = reinterpret_cast<char*>(&address) + name_at;
    if (size <= name_at) {
        return {reinterpret_cast<std::byte*>(name), 0}; // never null: it is given to memcpy(3)
    }
    const size_t most = size - name_at;
    const size_t length = name[0] == '\0' ? most : strnlen(name, most);
    return {reinterpret_cast<std::byte*>(name), length};
}

} // namespace posix_ipc::unix_domain
