#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

namespace posix_ipc {

/// Makes a file by `make`, which answers 0 or a negated errno. It has the mode exactly, from the
/// first instant, whatever the umask; where there can be no more processes an instant later.
/// `type`: S_IFIFO or S_IFSOCK.
int32_t make_exactly(const std::string& path, mode_t type, mode_t mode,
                     const std::function<int32_t()>& make);

/// Opens a new file, whatever the umask: its descriptor, or a negated errno. `flags`: of open(2),
/// with O_CREAT and O_EXCL. A folder's default ACL still takes bits away, and the umask where there
/// can be no more processes.
int32_t open_new(const std::string& path, int flags, mode_t mode);

} // namespace posix_ipc
