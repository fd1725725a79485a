#include "core/poller.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>
#include <uv.h>

namespace posix_ipc {

namespace {

constexpr size_t most_events_at_once = 64;

constexpr auto in = static_cast<uint32_t>(Direction::in);
constexpr auto out = static_cast<uint32_t>(Direction::out);

uint32_t epoll_bits(uint32_t directions) {
    return ((directions & in) != 0 ? EPOLLIN : 0U) | ((directions & out) != 0 ? EPOLLOUT : 0U);
}

/// An end of file or an error is news for everybody.
uint32_t directions_of(uint32_t bits) {
    if ((bits & (EPOLLERR | EPOLLHUP)) != 0) {
        return in | out;
    }
    return ((bits & EPOLLIN) != 0 ? in : 0U) | ((bits & EPOLLOUT) != 0 ? out : 0U);
}

} // namespace

/// The loop's side: it lives until the loop has let go of it, which is after the Poller.
struct Poller::Loop {
    explicit Loop(Poller& owner) : poller(&owner), env(owner.env_) {}

    Poller* poller;
    napi_env env;
    uv_poll_t handle{};
    std::unique_ptr<Napi::AsyncContext> context;
    napi_async_cleanup_hook_handle hook = nullptr;

    static Loop& of(uv_handle_t* handle) { return *static_cast<Loop*>(handle->data); }

    /// Nothing is thrown from here: 0, or a negated errno as libuv's own numbers are.
    static int start(Poller& poller, Loop*& started) {
        auto made = std::make_unique<Loop>(poller);
        made->handle.data = made.get();
        uv_loop_t* events = nullptr;
        if (napi_get_uv_event_loop(poller.env_, &events) != napi_ok) {
            return -EINVAL;
        }
        if (const int error = uv_poll_init(events, &made->handle, poller.epoll_.get());
            error != 0) {
            return error;
        }
        Loop* const loop = made.release(); // closed() deletes it
        loop->context = std::make_unique<Napi::AsyncContext>(poller.env_, "posix-ipc poll");
        uv_unref(reinterpret_cast<uv_handle_t*>(&loop->handle)); // waits keep the process alive
        const bool hooked = napi_add_async_cleanup_hook(poller.env_, end_with_environment, loop,
                                                        &loop->hook) == napi_ok;
        const int error = hooked ? loop->watch() : -EINVAL;
        if (error != 0) {
            loop->end();
            return error;
        }
        started = loop;
        return 0;
    }

    int watch() { return uv_poll_start(&handle, UV_READABLE, readable); }

    /// Another epoll takes the place and the number of the one that is watched.
    int replace(const Fd& fresh) {
        uv_poll_stop(&handle);
        const int number = poller->epoll_.get();
        const int replaced = dup3(fresh.get(), number, O_CLOEXEC) < 0 ? -errno : 0;
        const int watched = watch();
        return replaced != 0 ? replaced : watched;
    }

    static void readable(uv_poll_t* handle, int status, int /*events*/) {
        const Loop& loop = of(reinterpret_cast<uv_handle_t*>(handle));
        if (status < 0 || loop.poller == nullptr) {
            return;
        }
        // Copied: what is called below may end the environment, and with it the Poller.
        const auto ready = loop.poller->ready_;
        std::array<epoll_event, most_events_at_once> found{};
        const int count = epoll_wait(loop.poller->epoll_.get(), found.data(), found.size(), 0);
        std::array<Event, most_events_at_once> events{};
        for (int i = 0; i < count; i++) {
            events[i] = {found[i].data.u64, found[i].events};
        }
        if (count > 0) {
            const Napi::HandleScope scope(loop.env);
            const Napi::CallbackScope callback(loop.env, *loop.context);
            ready({events.data(), static_cast<size_t>(count)});
        }
    }

    /// The environment waits until closed() has been called.
    static void end_with_environment(napi_async_cleanup_hook_handle /*hook*/, void* self) {
        static_cast<Loop*>(self)->end();
    }

    void end() {
        if (std::exchange(poller, nullptr) == nullptr) {
            return; // it is ending: it could not be started
        }
        context.reset();
        uv_poll_stop(&handle);
        uv_close(reinterpret_cast<uv_handle_t*>(&handle), closed);
    }

    static void closed(uv_handle_t* handle) {
        const std::unique_ptr<Loop> loop(&of(handle));
        if (loop->hook != nullptr) {
            napi_remove_async_cleanup_hook(loop->hook);
        }
    }
};

Poller::Poller(napi_env env, std::function<void(std::span<const Event>)> ready)
    : env_(env), ready_(std::move(ready)) {}

/// The environment's hooks have been called before: the loop does not look at the epoll any more.
Poller::~Poller() = default;

int Poller::open() {
    if (!epoll_) {
        Fd made(epoll_create1(EPOLL_CLOEXEC));
        if (!made) {
            return -errno;
        }
        epoll_ = std::move(made);
    }
    return loop_ == nullptr ? Loop::start(*this, loop_) : 0;
}

int Poller::change(int fd, uint64_t key, Watch& watch, uint32_t directions) {
    epoll_event event{};
    const bool by_change = watch.room_by_change && (directions & out) != 0;
    event.events = epoll_bits(directions) | (by_change ? EPOLLET : 0U);
    event.data.u64 = key;
    const int add_or_modify = watch.armed == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    const int operation = directions == 0 ? EPOLL_CTL_DEL : add_or_modify;
    if (epoll_ctl(epoll_.get(), operation, fd, &event) != 0) {
        return -errno;
    }
    watch.armed = directions;
    return 0;
}

int Poller::want(int fd, uint64_t key, Watch& watch, Direction direction) {
    const auto bit = static_cast<uint32_t>(direction);
    if ((watch.armed & bit) == 0) {
        int result = open();
        if (result == 0) {
            result = change(fd, key, watch, watch.armed | bit);
        }
        if (result != 0) {
            return watch_failure(result);
        }
    }
    watch.wanted |= bit;
    return 0;
}

void Poller::forget(Watch& watch, Direction direction) {
    watch.wanted &= ~static_cast<uint32_t>(direction);
}

uint32_t Poller::came(int fd, uint64_t key, Watch& watch, uint32_t bits) {
    const uint32_t directions = directions_of(bits);
    const uint32_t ended = directions & watch.wanted;
    // What nobody waits for would be reported again and again; an error even where nothing is
    // armed.
    const bool unwanted = (directions & watch.armed & ~watch.wanted) != 0 || ended == 0;
    if (unwanted && (watch.armed == 0 || change(fd, key, watch, watch.wanted) != 0)) {
        stale_ = true;
    }
    watch.wanted &= ~ended;
    return ended;
}

bool Poller::renew() {
    if (!stale_) {
        return false;
    }
    const Fd fresh(epoll_create1(EPOLL_CLOEXEC));
    const bool renewed = fresh && loop_->replace(fresh) == 0;
    stale_ = !renewed; // where there is no descriptor for it now, the next event asks again
    return renewed;
}

void Poller::watch_again(int fd, uint64_t key, Watch& watch) {
    const uint32_t directions = std::exchange(watch.armed, 0);
    if (directions != 0) {
        change(fd, key, watch, directions); // fails for what was closed by its number
    }
}

void Poller::drop(int fd, Watch& watch) {
    if (watch.armed != 0) {
        change(fd, 0, watch, 0);
    }
    watch = {};
}

} // namespace posix_ipc
