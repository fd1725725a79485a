#pragma once

#include <chrono>

namespace posix_ipc::test {

/// A sender and a receiver that wait for each other in all ways, and give their roles up.
void channels_pass_messages(std::chrono::seconds how_long);

/// The same through segments, which are given memory and give it back.
void growing_channels_pass_messages(std::chrono::seconds how_long);

} // namespace posix_ipc::test
