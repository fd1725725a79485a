#include "lock/mutex.h"

#include <algorithm>
#include <list>
#include <sys/random.h>

#include "core/handles.h"
#include "lock/place.h"
#include "lock/taker.h"

namespace posix_ipc::lock {

namespace {

/// A mutex that JavaScript has open.
struct Open {
    SharedMutex mutex;
    bool held = false;
};

/// The mutexes of one environment. Its thread is the owner of what it has locked.
class Mutexes : public Facility {
  public:
    explicit Mutexes(Environment& environment)
        : engine_(environment.waits()), list_(RobustList::of_this_thread()) {}
    void end() noexcept override;

    int32_t add(SharedMutex mutex) { return open_.add({std::move(mutex)}).value_or(-EMFILE); }
    void remove(int32_t handle);
    /// nullptr: there is none.
    Open* find(int32_t handle) { return open_.find(handle); }
    /// Of the environment's thread; nullptr: this libc has none.
    [[nodiscard]] RobustList* list() const { return list_; }

    int32_t start(const SharedMutex& mutex);
    int32_t collect(const SharedMutex& mutex, int64_t number);

  private:
    Taker* reserve_taker();

    wait::Engine& engine_;
    RobustList* list_;
    Handles<Open> open_;
    std::vector<SharedMutex> kept_; // locked, and forgotten by JavaScript: for as long as it runs
    std::atomic<int> idle_{0};
    std::list<Taker> takers_;
    int64_t next_number_ = 0;
};

void Mutexes::end() noexcept {
    for (Taker& taker : takers_) {
        taker.stop();
    }
    while (const auto held = open_.search([](const Open& open) { return open.held; })) {
        Open& open = *held->second;
        open.held = false;
        abandon(*open.mutex);
    }
    for (const SharedMutex& mutex : kept_) {
        abandon(*mutex);
    }
    kept_.clear();
}

void Mutexes::remove(int32_t handle) {
    const Open* const open = open_.find(handle);
    if (open != nullptr && open->held) {
        kept_.push_back(open->mutex);
    }
    open_.remove(handle);
}

/// nullptr: there is no thread to be had.
Taker* Mutexes::reserve_taker() {
    takers_.remove_if([](Taker& taker) { return taker.retired(); });
    for (Taker& taker : takers_) {
        if (taker.reserve()) {
            return &taker;
        }
    }
    Taker& taker = takers_.emplace_back(engine_, idle_, next_number_++);
    if (taker.start() != 0) {
        takers_.pop_back();
        return nullptr;
    }
    taker.reserve();
    return &taker;
}

/// The number of the wait, or a negated errno.
int32_t Mutexes::start(const SharedMutex& mutex) {
    Taker* const taker = reserve_taker();
    if (taker == nullptr) {
        return wait::no_thread;
    }
    const int32_t id = engine_.expect(std::make_unique<TakerWait>(*taker));
    taker->begin(id < 0 ? nullptr : mutex, id);
    return id;
}

int32_t Mutexes::collect(const SharedMutex& mutex, int64_t number) {
    for (Taker& taker : takers_) {
        if (taker.number() == number) {
            return taker.hand_over(mutex);
        }
    }
    return -EINVAL;
}

// ---- what JavaScript calls

Mutexes& mutexes(Environment& environment) {
    return environment.facility<Mutexes>();
}

/// 0, or a negated errno.
int32_t mutex_init(Environment& /*environment*/, Mapping* mapping, size_t offset, bool fair) {
    const SharedMutex mutex = place_in<Mutex>(*mapping, offset);
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_mutex_init(mutex.get(), fair ? POSIX_IPC_MUTEX_FAIR : 0, id);
    return 0;
}

/// A handle; -EINVAL where there is no mutex, -EPROTO where it has another layout.
int32_t mutex_at(Environment& environment, Mapping* mapping, size_t offset) {
    SharedMutex mutex = place_in<Mutex>(*mapping, offset);
    const int error = posix_ipc_mutex_check(mutex.get());
    return error != 0 ? -error : mutexes(environment).add(std::move(mutex));
}

void mutex_close(Environment& environment, int32_t handle) {
    mutexes(environment).remove(handle);
}

/// Remembers what was locked.
int32_t keep(Open* open, int32_t result) {
    if (open != nullptr && result >= 0) {
        open->held = true;
    }
    return result;
}

int32_t mutex_trylock(Environment& environment, int32_t handle, int32_t barging) {
    Mutexes& all = mutexes(environment);
    Open* const open = all.find(handle);
    if (open == nullptr || all.list() == nullptr) {
        return open == nullptr ? -EINVAL : -ENOSYS;
    }
    return keep(open, try_lock(*all.list(), *open->mutex, barging != 0));
}

int32_t mutex_unlock(Environment& environment, int32_t handle) {
    Mutexes& all = mutexes(environment);
    Open* const open = all.find(handle);
    if (open == nullptr || all.list() == nullptr) {
        return open == nullptr ? -EINVAL : -EPERM;
    }
    open->held = false;
    return unlock(*all.list(), *open->mutex);
}

int32_t mutex_abandon(Environment& environment, int32_t handle) {
    Open* const open = mutexes(environment).find(handle);
    if (open == nullptr) {
        return -EINVAL;
    }
    open->held = false;
    return abandon(*open->mutex);
}

int32_t mutex_consistent(Environment& environment, int32_t handle) {
    const Open* const open = mutexes(environment).find(handle);
    return open == nullptr ? -EINVAL : make_consistent(*open->mutex);
}

/// Blocks this thread; no signal ends it.
int32_t mutex_wait_for(Environment& environment, int32_t handle, Milliseconds timeout) {
    Mutexes& all = mutexes(environment);
    const Open* const open = all.find(handle);
    if (open == nullptr) {
        return -EINVAL;
    }
    if (is_mine(*open->mutex)) {
        return -EDEADLK;
    }
    MutexWait wait(open->mutex);
    return keep(all.find(handle), environment.block(wait, timeout, false).result);
}

int32_t mutex_wait_start(Environment& environment, int32_t handle) {
    const Open* const open = mutexes(environment).find(handle);
    return open == nullptr ? -EINVAL : mutexes(environment).start(open->mutex);
}

/// Takes over what a wait has taken, which has told `taker`.
int32_t mutex_collect(Environment& environment, int32_t handle, size_t taker) {
    Mutexes& all = mutexes(environment);
    Open* const open = all.find(handle);
    return open == nullptr ? -EINVAL
                           : keep(open, all.collect(open->mutex, static_cast<int64_t>(taker)));
}

/// Whether two handles are of one mutex, perhaps in two mappings.
bool mutex_same(Environment& environment, int32_t handle, int32_t other) {
    const Open* const one = mutexes(environment).find(handle);
    const Open* const two = mutexes(environment).find(other);
    return one != nullptr && two != nullptr && one->mutex->id == two->mutex->id;
}

/// Owner, bits, since when (milliseconds), and the statistics: a look at each, not all at one
/// instant.
void mutex_look(Environment& environment, int32_t handle, Numbers into) {
    const Open* const open = mutexes(environment).find(handle);
    if (open == nullptr || into.size() < 7) {
        throw ArgumentError(ArgumentError::Kind::range, "mutex", "an open mutex, and room for 7");
    }
    const Mutex copy = *open->mutex;
    into[0] = shown_owner(copy);
    into[1] = (copy.word & FUTEX_OWNER_DIED) != 0 ? 1 : 0;
    into[2] = static_cast<double>(copy.since) / 1e6;
    into[3] = static_cast<double>(copy.acquisitions);
    into[4] = copy.contentions;
    into[5] = copy.deaths;
    into[6] = copy.flags;
}

} // namespace

int32_t open_mutex(Environment& environment, SharedMutex mutex) {
    return mutexes(environment).add(std::move(mutex));
}

void close_mutex(Environment& environment, int32_t handle) {
    mutexes(environment).remove(handle);
}

const Mutex* find_mutex(Environment& environment, int32_t handle) {
    const Open* const open = mutexes(environment).find(handle);
    return open == nullptr ? nullptr : open->mutex.get();
}

void define_mutex(Exports& exports) {
    exports.function<mutex_init>("mutexInit", "mapping", "byteOffset", "fair");
    exports.function<mutex_at>("mutexAt", "mapping", "byteOffset");
    exports.function<mutex_close>("mutexClose", "mutex");
    exports.quick<mutex_trylock>("mutexTrylock", "mutex", "barging");
    exports.quick<mutex_unlock>("mutexUnlock", "mutex");
    exports.function<mutex_abandon>("mutexAbandon", "mutex");
    exports.function<mutex_consistent>("mutexConsistent", "mutex");
    exports.function<mutex_wait_for>("mutexWaitFor", "mutex", "timeout");
    exports.function<mutex_wait_start>("mutexWaitStart", "mutex");
    exports.function<mutex_collect>("mutexCollect", "mutex", "taker");
    exports.function<mutex_same>("mutexSame", "mutex", "other");
    exports.function<mutex_look>("mutexLook", "mutex", "into");
}

} // namespace posix_ipc::lock
