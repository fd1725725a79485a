#pragma once

#include <cstddef>
#include <unistd.h>

namespace posix_ipc {

inline size_t page_size() {
    static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

} // namespace posix_ipc
