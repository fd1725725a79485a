#include "memory/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace posix_ipc::memory {

namespace {

/// Opens a file that is there. A FIFO does not block, a terminal is not taken over.
int32_t open_file(Environment& /*environment*/, const Path& path, bool writable) {
    const int access = writable ? O_RDWR : O_RDONLY;
    return or_errno(open(path.text.c_str(), access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

int32_t close_file(Environment& /*environment*/, int32_t fd) {
    return or_errno(close(fd));
}

/// The size of a regular file; the greatest safe integer for what has none, such as a device.
int64_t file_size(Environment& /*environment*/, int32_t fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    return S_ISREG(status.st_mode) ? status.st_size : static_cast<int64_t>(most_safe_integer);
}

} // namespace

void define_file(Exports& exports) {
    exports.function<open_file>("openFile", "path", "writable");
    exports.function<close_file>("closeFile", "fd");
    exports.function<file_size>("fileSize", "fd");
}

} // namespace posix_ipc::memory
