#pragma once

#include "core/function.h"

namespace posix_ipc::memory {

/// mmap(2), munmap(2), mprotect(2), mremap(2), and what one can ask of mapped pages.
void define_mmap(Exports& exports);

} // namespace posix_ipc::memory
