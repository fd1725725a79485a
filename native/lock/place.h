#pragma once

#include <memory>
#include <string>

#include "core/mapping.h"

namespace posix_ipc::lock {

/// What lies at an offset of a mapping, and the hold on its memory. ArgumentError where so many
/// bytes do not lie there, begin at no cache line, or cannot be written.
template <typename T>
std::shared_ptr<T> place_in(Mapping& mapping, size_t offset, size_t bytes = sizeof(T)) {
    constexpr size_t alignment = 64;
    auto* place = reinterpret_cast<T*>(mapping.part(offset, bytes).data());
    if (reinterpret_cast<uintptr_t>(place) % alignment != 0 || !mapping.writable()) {
        throw ArgumentError(ArgumentError::Kind::range, "byteOffset",
                            "at a multiple of " + std::to_string(alignment) +
                                " bytes, in memory that can be written");
    }
    return {std::make_shared<RegionUse>(mapping.use()), place};
}

} // namespace posix_ipc::lock
