#include "core/wait/thread.h"

#include <csignal>
#include <cstddef>
#include <memory>

#include "core/wait/operation.h"

namespace posix_ipc::wait {

namespace {

constexpr size_t stack_bytes = size_t{128} * 1024;

} // namespace

int start_thread(pthread_t& handle, std::function<void()> body) {
    auto owned = std::make_unique<std::function<void()>>(std::move(body));
    // The new thread inherits the mask: no signal of the process may ever land on it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    const auto run = [](void* given) -> void* {
        const std::unique_ptr<std::function<void()>> own(
            static_cast<std::function<void()>*>(given));
        (*own)();
        return nullptr;
    };
    const int error = pthread_create(&handle, &attributes, run, owned.get());
    if (error == 0) {
        static_cast<void>(owned.release()); // it is the thread's now
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error == 0 ? 0 : no_thread; // EAGAIN: nothing else can be wrong
}

} // namespace posix_ipc::wait
