#pragma once

#include "core/function.h"

namespace posix_ipc::memory {

/// msync(2), madvise(2), mlock(2), mincore(2): calls about the pages of a mapping.
void define_pages(Exports& exports);

} // namespace posix_ipc::memory
