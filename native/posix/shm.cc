#include "posix/shm.h"

#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/descriptors.h"

namespace posix_ipc::posix {

namespace {

/// Where glibc and musl keep the objects.
constexpr const char* folder = "/dev/shm";

int32_t shm_open(Environment& /*environment*/, const Path& name, int32_t oflag, int32_t mode) {
    return or_errno(::shm_open(name.text.c_str(), oflag, static_cast<mode_t>(mode)));
}

int32_t shm_unlink(Environment& /*environment*/, const Path& name) {
    return or_errno(::shm_unlink(name.text.c_str()));
}

/// An object without a name; nobody else can see it yet. It goes with its last descriptor.
int32_t shm_unnamed(Environment& /*environment*/) {
    return or_errno(open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

/// Gives such an object its name, which begins with a slash; EEXIST if somebody has it.
int32_t shm_link(Environment& /*environment*/, int32_t fd, const Path& name) {
    const std::string to = folder + name.text;
    const int32_t result = or_errno(linkat(fd, "", AT_FDCWD, to.c_str(), AT_EMPTY_PATH));
    if (result != -ENOENT) {
        return result;
    }
    // Before Linux 6.10 that takes CAP_DAC_READ_SEARCH; this takes a /proc, and longer.
    const std::string from = "/proc/self/fd/" + std::to_string(fd);
    return or_errno(linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW));
}

} // namespace

void define_shm(Exports& exports) {
    exports.function<shm_open>("shmOpen", "name", "oflag", "mode");
    exports.function<owning<shm_open>>("shmOwned", "name", "oflag", "mode");
    exports.function<shm_unlink>("shmUnlink", "name");
    exports.function<owning<shm_unnamed>>("shmUnnamed");
    exports.function<shm_link>("shmLink", "fd", "name");
}

} // namespace posix_ipc::posix
