#include "core/exact_mode.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <memory>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/fd.h"
#include "core/or_errno.h"

namespace posix_ipc {

namespace {

constexpr mode_t permissions = 07777;
constexpr size_t stack_bytes = size_t{64} << 10;

struct Job {
    const std::function<int32_t()>* call;
    int32_t result;
};

int run(void* given) {
    auto* const job = static_cast<Job*>(given);
    umask(0);
    job->result = (*job->call)();
    return 0;
}

/// The umask belongs to the process: set and set back, it would be missing in other threads for a
/// moment. So the call is made by a child that shares all but that with its parent, whose thread
/// stands still until it has ended, as with vfork(2). No signal tells of its end.
int32_t without_umask(const std::function<int32_t()>& call) {
    const auto stack = std::make_unique<std::array<std::byte, stack_bytes>>();
    Job job{&call, -EINTR};
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = or_errno(
        clone(run, stack->data() + stack->size(), CLONE_VM | CLONE_VFORK | CLONE_FILES, &job));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child < 0) {
        return child;
    }
    while (waitpid(child, nullptr, __WCLONE) < 0 && errno == EINTR) {
    }
    return job.result;
}

/// Where there is no child to be had the umask takes its bits away, too.
int32_t without_umask_if_possible(const std::function<int32_t()>& call) {
    const int32_t result = without_umask(call);
    return result == -EAGAIN || result == -ENOMEM ? call() : result;
}

/// By descriptor: the name may be somebody else's by now, or a link to something else.
int32_t correct_mode(const std::string& path, mode_t type, mode_t mode) {
    const Fd fd(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
        return -errno;
    }
    if ((status.st_mode & S_IFMT) != type) {
        return 0;
    }
    const std::string file = "/proc/self/fd/" + std::to_string(fd.get());
    return or_errno(chmod(file.c_str(), mode));
}

} // namespace

int32_t make_exactly(const std::string& path, mode_t type, mode_t mode,
                     const std::function<int32_t()>& make) {
    int32_t result = without_umask_if_possible(make);
    struct stat status {};
    if (result == 0 && lstat(path.c_str(), &status) == 0 &&
        status.st_mode != (type | (mode & permissions))) {
        // The umask, or a folder's default ACL, has taken bits away.
        result = correct_mode(path, type, mode);
        if (result != 0) {
            unlink(path.c_str());
        }
    }
    return result;
}

int32_t open_new(const std::string& path, int flags, mode_t mode) {
    return without_umask_if_possible([&] { return or_errno(open(path.c_str(), flags, mode)); });
}

} // namespace posix_ipc
