#pragma once

#include "core/function.h"

namespace posix_ipc::unix_domain {

/// Making, binding and connecting sockets, and their options: unix(7).
void define_socket(Exports& exports);

} // namespace posix_ipc::unix_domain
