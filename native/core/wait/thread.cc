#include "core/wait/thread.h"

#include <csignal>
#include <memory>

#include "core/wait/operation.h"

// Two conditions: where there is no such macro it cannot be asked.
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 32)
#define POSIX_IPC_ATTRIBUTE_HAS_SIGNALS
#endif
#endif

namespace posix_ipc::wait {

namespace {

/// pthread_create with a thread's signals: it blocks them from its first instruction on.
int create(pthread_t& handle, pthread_attr_t& attributes, const sigset_t& blocked,
           void* (*run)(void*), void* argument) {
#ifdef POSIX_IPC_ATTRIBUTE_HAS_SIGNALS
    const int error =
        pthread_attr_setsigmask_np(&attributes, &blocked); // no system call of our own
    return error != 0 ? error : pthread_create(&handle, &attributes, run, argument);
#else
    sigset_t before; // a new thread inherits the mask
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    const int error = pthread_create(&handle, &attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
#endif
}

} // namespace

int start_thread(pthread_t& handle, const Stack& stack, const sigset_t& blocked,
                 std::function<void()> body) {
    const auto memory = stack.memory();
    if (memory.empty()) {
        return no_thread;
    }
    auto owned = std::make_unique<std::function<void()>>(std::move(body));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, memory.data(), memory.size());
    const auto run = [](void* given) -> void* {
        const std::unique_ptr<std::function<void()>> own(
            static_cast<std::function<void()>*>(given));
        (*own)();
        return nullptr;
    };
    const int error = create(handle, attributes, blocked, run, owned.get());
    if (error == 0) {
        static_cast<void>(owned.release()); // it is the thread's now
    }
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : no_thread; // EAGAIN or ENOMEM: nothing else can be wrong
}

} // namespace posix_ipc::wait
