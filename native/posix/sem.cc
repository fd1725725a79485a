#include "posix/sem.h"

#include <atomic>
#include <chrono>
#include <climits>
#include <fcntl.h>
#include <limits>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/handles.h"
#include "core/mapping.h"
#include "core/pause.h"
#include "posix/sem_memory.h"
#include "posix/sem_wait.h"

namespace posix_ipc::posix {

namespace {

/// An open semaphore; opened again, it is the same, as in C.
struct Open {
    SharedSemaphore semaphore;
    dev_t device = 0;
    ino_t inode = 0;
    int32_t times = 1;
    napi_ref words = nullptr; ///< weak: the ArrayBuffer over it, see sem_words
};

class Semaphores : public Facility {
  public:
    explicit Semaphores(Environment& /*environment*/) {}
    Handles<Open> open;
};

Handles<Open>& table(Environment& environment) {
    return environment.facility<Semaphores>().open;
}

/// nullptr where the handle is no open one, or where the memory holds no semaphore any more.
inline sem_t* semaphore_of(Environment& environment, int32_t handle) {
    const Open* open = table(environment).find(handle);
    return open != nullptr && kind_of(open->semaphore.get()) != Kind::none ? open->semaphore.get()
                                                                           : nullptr;
}

/// The same, for a wait that keeps it.
SharedSemaphore shared_of(Environment& environment, int32_t handle) {
    const Open* open = table(environment).find(handle);
    return open == nullptr ? nullptr : open->semaphore;
}

int32_t sem_open(Environment& environment, const Path& name, int32_t flags, int32_t mode,
                 bool exact, size_t value) {
    const Opening opening{.create = (flags & O_CREAT) != 0,
                          .exclusive = (flags & O_EXCL) != 0,
                          .mode = static_cast<mode_t>(mode),
                          .exact = exact,
                          .value = static_cast<unsigned>(std::min<size_t>(value, UINT_MAX))};
    Opened opened = open_semaphore(name.text, opening);
    if (opened.error != 0) {
        return -opened.error;
    }
    const auto found = table(environment).search([&](const Open& open) {
        return open.inode == opened.inode && open.device == opened.device;
    });
    if (found) {
        found->second->times++;
        return found->first;
    }
    return table(environment)
        .add({std::move(opened.semaphore), opened.device, opened.inode})
        .value_or(-EMFILE);
}

/// Whoever has the words loses them in the same instant, so that nothing else keeps the memory.
void remove(Environment& environment, int32_t handle) {
    napi_env env = environment.env();
    Open* open = table(environment).find(handle);
    napi_value buffer = nullptr;
    if (open->words != nullptr) {
        napi_get_reference_value(env, open->words, &buffer);
        napi_delete_reference(env, open->words);
    }
    if (buffer != nullptr && napi_detach_arraybuffer(env, buffer) != napi_ok) {
        return; // it stays open: memory that can be reached is not given back
    }
    table(environment).remove(handle);
}

/// The place of a semaphore in a mapping, which cannot be moved or protected while it is used.
SharedSemaphore place_in(Mapping& mapping, size_t offset) {
    auto* semaphore = reinterpret_cast<sem_t*>(mapping.part(offset, sizeof(sem_t)).data());
    if (reinterpret_cast<uintptr_t>(semaphore) % alignof(sem_t) != 0 || !mapping.writable()) {
        throw ArgumentError(ArgumentError::Kind::range, "byteOffset",
                            "at a multiple of " + std::to_string(alignof(sem_t)) +
                                " bytes, in memory that can be written");
    }
    return {std::make_shared<RegionUse>(mapping.use()), semaphore};
}

int32_t sem_init(Environment& environment, Mapping* mapping, size_t offset, int32_t pshared,
                 size_t value) {
    SharedSemaphore semaphore = place_in(*mapping, offset);
    const auto first = static_cast<unsigned>(std::min<size_t>(value, UINT_MAX));
    if (::sem_init(semaphore.get(), pshared, first) != 0) {
        return -errno;
    }
    return table(environment).add({std::move(semaphore), 0, 0}).value_or(-EMFILE);
}

/// The semaphore that somebody has made there; -EINVAL where there is none that processes share.
int32_t sem_at(Environment& environment, Mapping* mapping, size_t offset) {
    SharedSemaphore semaphore = place_in(*mapping, offset);
    if (kind_of(semaphore.get()) != Kind::shared) {
        return -EINVAL;
    }
    return table(environment).add({std::move(semaphore), 0, 0}).value_or(-EMFILE);
}

int32_t sem_destroy(Environment& environment, int32_t handle) {
    const Open* open = table(environment).find(handle);
    if (open == nullptr || open->inode != 0) {
        return -EINVAL;
    }
    const int result = or_errno(::sem_destroy(open->semaphore.get()));
    remove(environment, handle);
    return result;
}

/// Waits that have begun keep the memory.
int32_t sem_close(Environment& environment, int32_t handle) {
    Open* open = table(environment).find(handle);
    if (open == nullptr) {
        return -EINVAL;
    }
    if (--open->times == 0) {
        remove(environment, handle);
    }
    return 0;
}

/// An ArrayBuffer over the semaphore, for lib/posix/semaphore-word.ts: always the same one, until
/// the handle is closed. nullptr where only libc knows what the words mean.
napi_value sem_words(Environment& environment, int32_t handle) {
    napi_env env = environment.env();
    Open* open = table(environment).find(handle);
    napi_value buffer = nullptr;
    if (open == nullptr || !has_known_words()) {
        return Napi::Env(env).Null();
    }
    if (open->words != nullptr) {
        napi_get_reference_value(env, open->words, &buffer);
        if (buffer != nullptr) {
            return buffer;
        }
        napi_delete_reference(env, std::exchange(open->words, nullptr));
    }
    const auto nothing = [](napi_env, void*, void*) {};
    if (napi_create_external_arraybuffer(env, open->semaphore.get(), sizeof(sem_t), nothing,
                                         nullptr, &buffer) != napi_ok ||
        napi_create_reference(env, buffer, 0, &open->words) != napi_ok) {
        return Napi::Env(env).Null();
    }
    return buffer;
}

/// Wakes one that waits, after the value was raised without libc.
int32_t sem_wake(Environment& environment, int32_t handle) {
    const Open* open = table(environment).find(handle);
    return open == nullptr ? -EINVAL
                           : or_errno(static_cast<int>(
                                 syscall(SYS_futex, open->semaphore.get(), FUTEX_WAKE, 1)));
}

int32_t sem_unlink(Environment& /*environment*/, const Path& name) {
    return -unlink_semaphore(name.text);
}

int32_t sem_trywait(Environment& environment, int32_t handle) {
    sem_t* semaphore = semaphore_of(environment, handle);
    return semaphore == nullptr ? -EINVAL : or_errno(::sem_trywait(semaphore));
}

int32_t sem_post(Environment& environment, int32_t handle) {
    sem_t* semaphore = semaphore_of(environment, handle);
    return semaphore == nullptr ? -EINVAL : or_errno(::sem_post(semaphore));
}

/// As lib/posix/semaphore-word.ts gives one: however many, in one instant, or none.
int32_t give_many(sem_t& semaphore, int32_t count) {
    auto* const words = reinterpret_cast<uint32_t*>(&semaphore);
    const std::atomic_ref<uint32_t> number(words[0]);
    const std::atomic_ref<uint32_t> waiters(words[1]);
    const auto more = static_cast<uint32_t>(count);
    uint32_t value = number;
    do {
        if (value > SEM_VALUE_MAX - more) {
            return -EOVERFLOW;
        }
    } while (!number.compare_exchange_weak(value, value + more));
    if (waiters != 0) {
        const int wake = kind_of(&semaphore) == Kind::shared ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE;
        syscall(SYS_futex, words, wake, count);
    }
    return 0;
}

/// Several at once; where there is no room for all of them now, none.
int32_t sem_post_many(Environment& environment, int32_t handle, int32_t count) {
    sem_t* semaphore = semaphore_of(environment, handle);
    int value = 0;
    if (semaphore == nullptr || count < 1) {
        return -EINVAL;
    }
    if (has_known_words()) {
        return give_many(*semaphore, count);
    }
    if (::sem_getvalue(semaphore, &value) == 0 && value > SEM_VALUE_MAX - count) {
        return -EOVERFLOW;
    }
    for (int32_t posted = 0; posted < count; posted++) {
        if (::sem_post(semaphore) != 0) {
            return -errno;
        }
    }
    return 0;
}

/// The value, which is never negative, or the negated errno.
int64_t sem_getvalue(Environment& environment, int32_t handle) {
    sem_t* semaphore = semaphore_of(environment, handle);
    int value = 0;
    if (semaphore == nullptr) {
        return -EINVAL;
    }
    const int result = or_errno(::sem_getvalue(semaphore, &value));
    return result < 0 ? result : static_cast<int64_t>(static_cast<uint32_t>(value));
}

// ---- waiting

constexpr Milliseconds for_ever{std::numeric_limits<double>::infinity()};

int32_t sem_wait(Environment& environment, int32_t handle) {
    SharedSemaphore semaphore = shared_of(environment, handle);
    if (!semaphore) {
        return -EINVAL;
    }
    SemaphoreWait wait(std::move(semaphore));
    return environment.block(wait, for_ever, true).result;
}

int32_t sem_clockwait(Environment& environment, int32_t handle, int32_t clock, Long seconds,
                      Long nanoseconds) {
    SharedSemaphore semaphore = shared_of(environment, handle);
    const bool known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
    if (!semaphore || !known || nanoseconds.value < 0 || nanoseconds.value >= 1'000'000'000) {
        return -EINVAL;
    }
    if (clock == CLOCK_REALTIME) {
        RealtimeSemaphoreWait wait(std::move(semaphore), {seconds.value, nanoseconds.value});
        return environment.block(wait, for_ever, true).result;
    }
    const std::chrono::duration<double, std::milli> now = wait::Clock::now().time_since_epoch();
    const double until =
        static_cast<double>(seconds.value) * 1e3 + static_cast<double>(nanoseconds.value) / 1e6;
    SemaphoreWait wait(std::move(semaphore));
    return environment.block(wait, {std::max(until - now.count(), 0.0)}, true).result;
}

/// Blocks this thread for so long; no signal ends it.
int32_t sem_wait_for(Environment& environment, int32_t handle, Milliseconds timeout) {
    const Open* open = table(environment).find(handle);
    if (open == nullptr) {
        return -EINVAL;
    }
    const bool just_blocks = environment.may_just_block() && !timeout.finite();
    const int32_t result = just_blocks ? wait_for_ever(open->semaphore.get()) : -EINTR;
    if (result != -EINTR) {
        return result;
    }
    SemaphoreWait wait(open->semaphore);
    return environment.block(wait, timeout, false, just_blocks).result;
}

/// The number of a wait on a thread of its own.
int32_t sem_wait_start(Environment& environment, int32_t handle) {
    SharedSemaphore semaphore = shared_of(environment, handle);
    return semaphore
               ? environment.waits().start(std::make_unique<SemaphoreWait>(std::move(semaphore)))
               : -EINVAL;
}

/// See try_for().
int32_t sem_spin(Environment& environment, int32_t handle, Milliseconds how_long) {
    return try_for(how_long.duration(), -EAGAIN, [&] { return sem_trywait(environment, handle); });
}

} // namespace

void define_sem(Exports& exports) {
    exports.function<sem_open>("semOpen", "name", "oflag", "mode", "exact", "value");
    exports.function<sem_init>("semInit", "mapping", "byteOffset", "pshared", "value");
    exports.function<sem_at>("semAt", "mapping", "byteOffset");
    exports.function<sem_destroy>("semDestroy", "sem");
    exports.function<sem_close>("semClose", "sem");
    exports.function<sem_unlink>("semUnlink", "name");
    exports.function<sem_trywait>("semTrywait", "sem");
    exports.function<sem_post>("semPost", "sem");
    exports.function<sem_post_many>("semPostMany", "sem", "count");
    exports.function<sem_getvalue>("semGetvalue", "sem");
    exports.function<sem_wait>("semWait", "sem");
    exports.function<sem_clockwait>("semClockwait", "sem", "clockid", "tv_sec", "tv_nsec");
    exports.quick<sem_wait_for>("semWaitFor", "sem", "timeout");
    exports.function<sem_wait_start>("semWaitStart", "sem");
    exports.function<sem_words>("semWords", "sem");
    exports.quick<sem_wake>("semWake", "sem");
    exports.function<sem_spin>("semSpin", "sem", "howLong");
}

} // namespace posix_ipc::posix
