#include "core/descriptors.h"

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>

#include "core/function.h"

namespace posix_ipc {

namespace {

constexpr size_t most_words = 128;

} // namespace

int Descriptor::room_changes() {
    if (!room) {
        Fd made(epoll_create1(EPOLL_CLOEXEC));
        epoll_event event{};
        event.events = EPOLLOUT | EPOLLET;
        if (!made || epoll_ctl(made.get(), EPOLL_CTL_ADD, number(), &event) != 0) {
            return watch_failure(-errno);
        }
        room = std::move(made);
    }
    return room.get();
}

Descriptors::Descriptors(Environment& environment)
    : environment_(environment), poller_(environment.env(), [this](auto events) { tell(events); }) {
    words_ = Napi::Persistent(Napi::Int32Array::New(environment.env(), most_words));
}

int32_t Descriptors::add(Fd fd) {
    return descriptors_.add(Descriptor(std::move(fd))).value_or(-EMFILE);
}

bool Descriptors::owns(int fd) {
    return descriptors_
        .search([fd](const Descriptor& one) {
            return one.number() == fd || (one.apart && one.apart.get() == fd);
        })
        .has_value();
}

Descriptor& Descriptors::at(int32_t handle, const char* name) {
    Descriptor* const found = descriptors_.find(handle);
    if (found == nullptr) {
        throw ArgumentError(ArgumentError::Kind::type, name, "the handle of an open descriptor");
    }
    return *found;
}

Fd Descriptors::remove(int32_t handle, const char* name) {
    Descriptor& found = at(handle, name);
    poller_.drop(found.number(), found.watch);
    Fd fd = std::move(found.fd);
    descriptors_.remove(handle);
    return fd;
}

int32_t Descriptors::want(int32_t handle, Direction direction) {
    Descriptor& found = at(handle, "descriptor");
    return poller_.want(found.number(), static_cast<uint64_t>(handle), found.watch, direction);
}

void Descriptors::forget(int32_t handle, Direction direction) {
    Poller::forget(at(handle, "descriptor").watch, direction);
}

void Descriptors::tell(std::span<const Poller::Event> events) {
    int32_t* const words = words_.Value().Data();
    size_t count = 0;
    for (const Poller::Event& event : events) {
        const auto handle = static_cast<int32_t>(event.key);
        Descriptor* const found = descriptors_.find(handle);
        if (found == nullptr) {
            poller_.strange();
            continue;
        }
        const uint32_t ended = poller_.came(found->number(), event.key, found->watch, event.bits);
        if (ended != 0) {
            words[2 * count] = handle;
            words[2 * count + 1] = static_cast<int32_t>(ended);
            count++;
        }
    }
    if (poller_.renew()) {
        descriptors_.each([this](int32_t handle, Descriptor& one) {
            poller_.watch_again(one.number(), static_cast<uint64_t>(handle), one.watch);
        });
    }
    if (count > 0 && !ready_.IsEmpty()) {
        environment_.call(ready_, {to_js(environment_.env(), static_cast<int32_t>(count))});
    }
}

int32_t adopted(Environment& environment, int32_t opened) {
    return opened < 0 ? opened : environment.facility<Descriptors>().add(Fd(opened));
}

int32_t adopted(Environment& environment, const std::array<int, 2>& opened, const Bytes& handles) {
    Fd second(opened[1]);
    const int32_t one = adopted(environment, opened[0]);
    if (one < 0) {
        return one;
    }
    const int32_t other = adopted(environment, second.release());
    if (other < 0) {
        environment.facility<Descriptors>().remove(one, "descriptor");
        return other;
    }
    const std::array<int32_t, 2> both{one, other};
    std::memcpy(handles.data(), both.data(), sizeof both);
    return 0;
}

template <>
Descriptor* convert<Descriptor*>(Environment& environment, napi_value value, const char* name) {
    const auto handle = convert<int32_t>(environment, value, name);
    return &environment.facility<Descriptors>().at(handle, name);
}

template <>
Descriptor* from_word<Descriptor*>(Environment& environment, double word, const char* name) {
    const auto handle = from_word<int32_t>(environment, word, name);
    return &environment.facility<Descriptors>().at(handle, name);
}

} // namespace posix_ipc
