#pragma once

#include "core/function.h"

namespace posix_ipc::posix {

/// Names that go with the last one who uses them: posix-ipc/name.h.
void define_shm_name(Exports& exports);

} // namespace posix_ipc::posix
