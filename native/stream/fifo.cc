#include "stream/fifo.h"

#include <algorithm>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "core/descriptors.h"
#include "core/exact_mode.h"

namespace posix_ipc::stream {

namespace {

int32_t mkfifo(Environment& /*environment*/, const Path& path, int32_t mode) {
    return or_errno(::mkfifo(path.text.c_str(), static_cast<mode_t>(mode)));
}

/// 0 if it is a FIFO, or a negated errno: -EINVAL if it is none.
int32_t is_fifo(int32_t result, const struct stat& status) {
    if (result != 0) {
        return -errno;
    }
    return S_ISFIFO(status.st_mode) ? 0 : -EINVAL;
}

int32_t fifo_check(Environment& /*environment*/, const Path& path) {
    struct stat status {};
    return is_fifo(stat(path.text.c_str(), &status), status);
}

/// mkfifo(3) whatever the umask is.
int32_t mkfifo_exact(Environment& /*environment*/, const Path& path, int32_t mode) {
    const auto permissions = static_cast<mode_t>(mode);
    return make_exactly(path.text, S_IFIFO, permissions,
                        [&] { return or_errno(::mkfifo(path.text.c_str(), permissions)); });
}

/// The number of a descriptor of a FIFO, of nothing else.
int32_t open_fifo(const std::string& path, int flags) {
    Fd fd(open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY));
    struct stat status {};
    if (!fd) {
        const int32_t error = -errno;
        // ENXIO is also what a socket says, which no reader will ever come to.
        const bool other = error == -ENXIO && stat(path.c_str(), &status) == 0;
        return other && !S_ISFIFO(status.st_mode) ? -EINVAL : error;
    }
    const int32_t result = is_fifo(fstat(fd.get(), &status), status);
    return result == 0 ? fd.release() : result;
}

/// Opens it at once, or not at all: -ENXIO where a reader is missing. Calls on it block.
int32_t fifo_open(Environment& /*environment*/, const Path& path, int32_t access) {
    Fd fd(open_fifo(path.text, access | O_NONBLOCK));
    if (!fd) {
        return fd.release(); // the negated errno
    }
    const int result = or_errno(fcntl(fd.get(), F_SETFL, access));
    return result == 0 ? fd.release() : result;
}

/// open(2), which waits until somebody opens the other end. Until its owner is told, what it has
/// opened is its own.
class Opening : public wait::Operation {
  public:
    Opening(Environment& environment, std::string path, int access)
        : environment_(environment), path_(std::move(path)), access_(access) {}

    wait::Outcome block() override {
        const int32_t opened = open_fifo(path_, access_);
        if (opened >= 0) {
            fd_ = Fd(opened);
        }
        return {std::min(opened, 0), 0};
    }

    wait::Outcome hand_over(const wait::Outcome& outcome) override {
        return outcome.result < 0 ? outcome
                                  : wait::Outcome{adopted(environment_, fd_.release()), 0};
    }

  private:
    Environment& environment_;
    std::string path_;
    int access_;
    Fd fd_;
};

int32_t fifo_open_wait(Environment& environment, const Path& path, int32_t access) {
    return environment.waits().start(std::make_unique<Opening>(environment, path.text, access));
}

int32_t fifo_open_for(Environment& environment, const Path& path, int32_t access,
                      Milliseconds timeout) {
    Opening opening(environment, path.text, access);
    return opening.hand_over(environment.block(opening, timeout, false)).result;
}

} // namespace

void define_fifo(Exports& exports) {
    exports.function<mkfifo>("mkfifo", "path", "mode");
    exports.function<mkfifo_exact>("mkfifoExact", "path", "mode");
    exports.function<fifo_check>("fifoCheck", "path");
    exports.function<owning<fifo_open>>("fifoOpen", "path", "access");
    exports.function<fifo_open_wait>("fifoOpenWait", "path", "access");
    exports.function<fifo_open_for>("fifoOpenFor", "path", "access", "timeout");
}

} // namespace posix_ipc::stream
