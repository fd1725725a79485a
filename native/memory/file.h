#pragma once

#include "core/function.h"

namespace posix_ipc::memory {

/// What memory lies in: files to be mapped, ftruncate(2), posix_fallocate(3), memfd_create(2),
/// seals.
void define_file(Exports& exports);

} // namespace posix_ipc::memory
