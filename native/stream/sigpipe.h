#pragma once

#include <cerrno>
#include <csignal>
#include <ctime>

namespace posix_ipc::stream {

/// Makes a call that writes to a pipe: where nobody reads any more it answers -EPIPE, and SIGPIPE
/// reaches nobody. Node ignores that signal, but only until a listener for it is taken away.
template <typename Call>
auto without_sigpipe(Call call) {
    sigset_t pipe;
    sigset_t before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    const auto result = call();
    if (result == -EPIPE) {
        const timespec now{};
        sigtimedwait(&pipe, nullptr, &now); // it was meant for this thread
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return result;
}

} // namespace posix_ipc::stream
