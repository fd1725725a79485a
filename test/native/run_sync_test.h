#pragma once

namespace posix_ipc::test {

/// The runner of Sync forms: deadlines, foreign signals, and an owner that may be told to end.
void run_sync_keeps_its_promises();

} // namespace posix_ipc::test
