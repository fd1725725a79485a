#pragma once

#include "core/function.h"

namespace posix_ipc::unix_domain {

/// Messages, and the descriptors, credentials and addresses that go with them.
void define_message(Exports& exports);

} // namespace posix_ipc::unix_domain
