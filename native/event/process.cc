#include "event/process.h"

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/descriptors.h"

namespace posix_ipc::event {

namespace {

/// The number of a new descriptor, which becomes readable when the process ends.
int32_t pidfd_open(Environment& /*environment*/, int32_t pid, int32_t flags) {
    return static_cast<int32_t>(or_errno(syscall(SYS_pidfd_open, pid, flags)));
}

/// 0 is no signal: it asks whether the process is there, and may be signalled.
int32_t pidfd_send_signal(Environment& /*environment*/, int32_t fd, int32_t signal) {
    return static_cast<int32_t>(or_errno(syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0)));
}

int32_t sigqueue(Environment& /*environment*/, int32_t pid, int32_t signal, Key value) {
    sigval sent{};
    sent.sival_int = value.value;
    return or_errno(::sigqueue(pid, signal, sent));
}

} // namespace

void define_process(Exports& exports) {
    exports.function<pidfd_open>("pidfdOpen", "pid", "flags");
    exports.function<owning<pidfd_open>>("pidfdOwned", "pid", "flags");
    exports.function<pidfd_send_signal>("pidfdSendSignal", "fd", "signal");
    exports.function<sigqueue>("sigqueue", "pid", "sig", "value");
}

} // namespace posix_ipc::event
