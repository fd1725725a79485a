#include "event/signal_queue.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

#include "core/descriptors.h"

namespace posix_ipc::event {

// A signal that is sent to a process goes to any thread that does not block it, and without a
// handler ends the process; so signalfd(2) needs it blocked in every thread. Node's own threads do
// not block it, and only a thread itself can do that. So each is sent the signal, once, and has a
// handler that blocks it where it returns to. New threads inherit that from those that make them.

namespace {

/// Tells our own signals from those that somebody sends meanwhile.
constexpr int request_code = SI_QUEUE - 1000;

/// What kill(2) has sent and went through one of our threads: see lib/event/signal-queue.ts.
constexpr int killed_code = SI_QUEUE - 1001;

constexpr auto pause_between_looks = std::chrono::microseconds(100);
constexpr int most_looks = 20'000;

/// Back into the queue of the process, with its sender.
void send_on(int signal, siginfo_t& info) {
    const long result = syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
    if (result != 0 && errno == EPERM) {
        // Only the first thread may say that its process was sent it by kill(2).
        info.si_code = killed_code;
        info.si_value.sival_ptr = nullptr;
        syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
    }
}

/// Runs in any thread, in the middle of anything: only what signal-safety(7) allows.
void block_here(int signal, siginfo_t* info, void* context) {
    const int saved = errno;
    sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, signal);
    if (info->si_code != request_code) {
        send_on(signal, *info);
    }
    errno = saved;
}

/// Whether a thread blocks a signal; one that has just ended counts as one that does. A negated
/// errno where that cannot be known.
int blocks(const std::filesystem::path& thread, int signal) {
    std::ifstream status(thread / "status");
    if (!status && errno != ENOENT && errno != ESRCH) {
        return -errno;
    }
    std::string line;
    while (std::getline(status, line) && !line.starts_with("SigBlk:")) {
    }
    const bool known = line.starts_with("SigBlk:");
    const uint64_t blocked = known ? std::stoull(line.substr(7), nullptr, 16) : ~uint64_t{0};
    return static_cast<int>(blocked >> (signal - 1) & 1);
}

/// The threads of this process that do not block a signal; 0, or a negated errno.
int find_open(int signal, std::vector<pid_t>& threads) {
    std::error_code failed;
    std::filesystem::directory_iterator thread("/proc/self/task", failed);
    for (; !failed && thread != end(thread); thread.increment(failed)) {
        const int answer = blocks(thread->path(), signal);
        if (answer < 0) {
            return answer;
        }
        if (answer == 0) {
            threads.push_back(static_cast<pid_t>(std::stol(thread->path().filename())));
        }
    }
    return -failed.value();
}

void block_in_this_thread(int signal) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// 0, or a negated errno: -EAGAIN where the kernel queues no more signals (RLIMIT_SIGPENDING),
/// -ETIMEDOUT where some thread does not answer.
int block_everywhere(int signal) {
    block_in_this_thread(signal);
    std::vector<pid_t> asked;
    for (int look = 0; look < most_looks; look++) {
        std::vector<pid_t> threads;
        const int result = find_open(signal, threads);
        if (result != 0 || threads.empty()) {
            return result;
        }
        for (const pid_t thread : threads) {
            if (std::find(asked.begin(), asked.end(), thread) == asked.end()) {
                siginfo_t info{};
                info.si_signo = signal;
                info.si_code = request_code;
                const long sent = syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, &info);
                if (sent != 0 && errno != ESRCH) { // else it has just ended
                    return -errno;
                }
                asked.push_back(thread);
            }
        }
        std::this_thread::sleep_for(pause_between_looks);
    }
    return -ETIMEDOUT;
}

/// 0 or a negated errno; -EBUSY where somebody else handles the signal.
int prepare(int signal) {
    static auto& mutex = *std::make_unique<std::mutex>().release();
    const std::scoped_lock lock(mutex);
    struct sigaction current {};
    if (sigaction(signal, nullptr, &current) != 0) {
        return -errno;
    }
    const bool ours = (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == block_here;
    const bool idle = (current.sa_flags & SA_SIGINFO) == 0 &&
                      (current.sa_handler == SIG_DFL || current.sa_handler == SIG_IGN);
    if (!ours && !idle) {
        return -EBUSY;
    }
    struct sigaction action {};
    action.sa_sigaction = block_here;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    if (!ours && sigaction(signal, &action, nullptr) != 0) {
        return -errno;
    }
    return block_everywhere(signal);
}

/// A descriptor that reads the signal as struct signalfd_siginfo.
int32_t signal_open(Environment& /*environment*/, int32_t signal) {
    if (signal < SIGRTMIN || signal > SIGRTMAX) {
        throw ArgumentError(ArgumentError::Kind::range, "signal", "a real-time signal");
    }
    if (const int error = prepare(signal); error != 0) {
        return error;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    return or_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

void define_signal_queue(Exports& exports) {
    const Napi::Env env = exports.environment().env();
    exports.value("SIGRTMIN", Napi::Number::New(env, SIGRTMIN));
    exports.value("SIGRTMAX", Napi::Number::New(env, SIGRTMAX));
    exports.function<owning<signal_open>>("signalOpen", "signal");
}

} // namespace posix_ipc::event
