#pragma once

#include <algorithm>
#include <limits>
#include <sys/ipc.h>

#include "core/arguments.h"
#include "core/error.h"

namespace posix_ipc::sysv {

/// What a control command takes or gives, as a view of float64 values.

/// One value that a command reads, checked against its C type.
template <typename T>
T field(Numbers values, size_t index, const char* name) {
    const double most =
        std::min(static_cast<double>(std::numeric_limits<T>::max()), most_safe_integer);
    if (index >= values.size() || !(values[index] >= 0 && values[index] <= most)) {
        throw ArgumentError(ArgumentError::Kind::range, name, "0 or more, and within its C type");
    }
    return static_cast<T>(values[index]);
}

/// Writes the values of a command.
template <typename... T>
void fill(Numbers values, T... fields) {
    const double numbers[] = {static_cast<double>(fields)...};
    if (values.size() < std::size(numbers)) {
        throw ArgumentError(ArgumentError::Kind::range, "values", "long enough");
    }
    std::copy(std::begin(numbers), std::end(numbers), values.begin());
}

/// The same, with the fields of the owner first.
template <typename... T>
void fill_status(Numbers values, const ipc_perm& perm, T... fields) {
    fill(values, perm.__key, perm.uid, perm.gid, perm.cuid, perm.cgid, perm.mode, perm.__seq,
         fields...);
}

/// What IPC_SET of every kind of object reads: uid, gid, mode.
inline void read_owner(Numbers values, ipc_perm& perm) {
    perm.uid = field<uid_t>(values, 0, "uid");
    perm.gid = field<gid_t>(values, 1, "gid");
    perm.mode = field<unsigned short>(values, 2, "mode");
}

} // namespace posix_ipc::sysv
