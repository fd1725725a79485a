#include "sysv/key.h"

#include <sys/ipc.h>

namespace posix_ipc::sysv {

namespace {

/// -1 is also a key that ftok(3) can make, so the errno goes a way of its own: results below
/// -2^31 are negated errnos less 2^31.
int64_t ftok(Environment& /*environment*/, const Path& path, int32_t project) {
    errno = 0;
    const key_t key = ::ftok(path.text.c_str(), project);
    const bool failed = key == -1 && errno != 0;
    return failed ? -(int64_t{1} << 31) - errno : key;
}

} // namespace

void define_key(Exports& exports) {
    exports.function<ftok>("ftok", "pathname", "proj_id");
}

} // namespace posix_ipc::sysv
