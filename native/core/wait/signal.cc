#include "core/wait/signal.h"

#include <charconv>
#include <csignal>
#include <cstdlib>

namespace posix_ipc::wait {

namespace {

void do_nothing(int /*signal*/) {}

bool has_no_handler(int signal) {
    struct sigaction current {};
    return sigaction(signal, nullptr, &current) == 0 && current.sa_handler == SIG_DFL;
}

/// Empty if nothing was asked for.
std::string asked_for() {
    const char* text = std::getenv("POSIX_IPC_SIGNAL");
    return text == nullptr ? "" : text;
}

/// 0 if it is none that can be used.
int real_time_signal(const std::string& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
}

int choose() {
    int signal = real_time_signal(asked_for());
    for (int candidate = SIGRTMAX; signal == 0 && candidate >= SIGRTMIN; candidate--) {
        if (has_no_handler(candidate)) {
            signal = candidate;
        }
    }
    if (signal == 0) {
        signal = SIGRTMAX; // every one is taken: the last resort is to share the highest
    }
    struct sigaction action {};
    action.sa_handler = do_nothing; // no SA_RESTART: a call that it reaches returns EINTR
    sigaction(signal, &action, nullptr);
    return signal;
}

} // namespace

std::string unusable_signal() {
    const std::string text = asked_for();
    return real_time_signal(text) == 0 ? text : "";
}

int wake_signal() {
    static const int signal = choose();
    return signal;
}

sigset_t every_signal() {
    sigset_t set;
    sigfillset(&set);
    return set;
}

sigset_t every_signal_but_wake() {
    sigset_t set = every_signal();
    sigdelset(&set, wake_signal());
    return set;
}

void unblock_wake_signal() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, wake_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace posix_ipc::wait
