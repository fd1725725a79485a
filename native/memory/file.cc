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

/// Memory of an object, portion by portion, so that it can be cancelled in between. Its size
/// follows at the end, in one step: nobody sees a part of it, and one that fails, or is cancelled,
/// gives back what it has. By a descriptor of its own: whose number it was given may be closed
/// meanwhile, and another file have it.
class Reservation : public wait::Operation {
  public:
    Reservation(Fd fd, size_t offset, size_t length)
        : fd_(std::move(fd)), next_(static_cast<off_t>(offset)),
          end_(static_cast<off_t>(offset + length)) {}
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;
    ~Reservation() override { give_up(); }

    wait::Outcome block() override {
        int error = next_ < end_ ? reserve_portion() : 0;
        if (error == 0 && next_ < end_) {
            error = EINTR; // to be called again
        } else if (error == 0) {
            error = ::posix_fallocate(fd_.get(), end_ - 1, 1); // another may have made it longer
        }
        if (error == 0) {
            fd_ = Fd();
        } else if (error != EINTR) {
            give_up();
        }
        return {-error, 0};
    }

  private:
    /// 0, or an errno.
    int reserve_portion() {
        constexpr off_t most = off_t{64} << 20;
        const off_t portion = std::min(most, end_ - next_);
        int error = -or_errno(::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, next_, portion));
        if (error == EOPNOTSUPP) {
            error = ::posix_fallocate(fd_.get(), next_, portion);
        }
        next_ += error == 0 ? portion : 0;
        return error;
    }

    /// In whole pages, huge ones too: of less the memory stays.
    void give_up() {
        struct stat status {};
        const Fd fd = std::move(fd_);
        if (!fd || fstat(fd.get(), &status) != 0 || status.st_size >= end_) {
            return;
        }
        const off_t page = std::max<off_t>(status.st_blksize, 1);
        const off_t length = (end_ + page - 1) / page * page - status.st_size;
        ::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, status.st_size, length);
    }

    Fd fd_;
    off_t next_;
    off_t end_;
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
