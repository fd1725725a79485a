#include "memory/file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/descriptors.h"

namespace posix_ipc::memory {

namespace {

/// Opens a file that is there. A FIFO does not block, a terminal is not taken over.
int32_t open_file(Environment& /*environment*/, const Path& path, bool writable) {
    const int access = writable ? O_RDWR : O_RDONLY;
    return or_errno(open(path.text.c_str(), access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

/// The size of a regular file; the greatest safe integer for what has none, such as a device.
int64_t file_size(Environment& /*environment*/, int32_t fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) {
        return -errno;
    }
    return S_ISREG(status.st_mode) ? status.st_size : static_cast<int64_t>(most_safe_integer);
}

int32_t fchmod(Environment& /*environment*/, int32_t fd, int32_t mode) {
    return or_errno(::fchmod(fd, static_cast<mode_t>(mode)));
}

int32_t ftruncate(Environment& /*environment*/, int32_t fd, size_t length) {
    return or_errno(::ftruncate(fd, static_cast<off_t>(length)));
}

// ---- reserving

/// posix_fallocate(3), portion by portion, so that it can be cancelled in between. By a descriptor
/// of its own: whose number it was given may be closed meanwhile, and another file have it.
class Reservation : public wait::Operation {
  public:
    Reservation(Fd fd, size_t offset, size_t length)
        : fd_(std::move(fd)), offset_(offset), length_(length) {}

    wait::Outcome block() override {
        constexpr size_t most = size_t{64} << 20;
        const size_t portion = std::min(most, length_);
        const int error =
            ::posix_fallocate(fd_.get(), static_cast<off_t>(offset_), static_cast<off_t>(portion));
        if (error != 0) {
            return {-error, 0};
        }
        offset_ += portion;
        length_ -= portion;
        return {length_ == 0 ? 0 : -EINTR, 0};
    }

  private:
    Fd fd_;
    size_t offset_;
    size_t length_;
};

int32_t posix_fallocate(Environment& /*environment*/, int32_t fd, size_t offset, size_t length) {
    return -::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(length));
}

/// The same again after each signal that has interrupted it.
int32_t reserve(Environment& environment, int32_t fd, size_t offset, size_t length) {
    int32_t result = 0;
    do {
        result = posix_fallocate(environment, fd, offset, length);
    } while (result == -EINTR);
    return result;
}

int32_t reserve_wait(Environment& environment, int32_t fd, size_t offset, size_t length) {
    Fd own = copy_of(fd);
    return own ? environment.waits().start(
                     std::make_unique<Reservation>(std::move(own), offset, length))
               : -errno;
}

// ---- memfd

int32_t memfd_create(Environment& /*environment*/, const Path& name, int32_t flags) {
    return or_errno(::memfd_create(name.text.c_str(), static_cast<unsigned>(flags)));
}

int32_t add_seals(Environment& /*environment*/, int32_t fd, int32_t seals) {
    return or_errno(fcntl(fd, F_ADD_SEALS, seals));
}

int32_t get_seals(Environment& /*environment*/, int32_t fd) {
    return or_errno(fcntl(fd, F_GET_SEALS));
}

} // namespace

void define_file(Exports& exports) {
    exports.function<owning<open_file>>("openFile", "path", "writable");
    exports.function<file_size>("fileSize", "fd");
    exports.function<fchmod>("fchmod", "fd", "mode");
    exports.function<ftruncate>("ftruncate", "fd", "length");
    exports.function<posix_fallocate>("posixFallocate", "fd", "offset", "len");
    exports.function<reserve>("reserve", "fd", "offset", "length");
    exports.function<reserve_wait>("reserveWait", "fd", "offset", "length");
    exports.function<memfd_create>("memfdCreate", "name", "flags");
    exports.function<owning<memfd_create>>("memfdOwned", "name", "flags");
    exports.function<add_seals>("addSeals", "fd", "seals");
    exports.function<get_seals>("getSeals", "fd");
}

} // namespace posix_ipc::memory
