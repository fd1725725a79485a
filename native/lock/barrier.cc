#include "lock/barrier.h"

#include <sys/random.h>

#include "core/handles.h"
#include "lock/barrier_wait.h"
#include "lock/place.h"

namespace posix_ipc::lock {

namespace {

/// The barriers of one environment.
class Barriers : public Facility {
  public:
    explicit Barriers(Environment& /*environment*/) {}
    void end() noexcept override {}

    Handles<SharedBarrier>& open() { return open_; }

  private:
    Handles<SharedBarrier> open_;
};

Handles<SharedBarrier>& barriers(Environment& environment) {
    return environment.facility<Barriers>().open();
}

// ---- what JavaScript calls: 0 or more, or a negated errno

int32_t barrier_init(Environment& /*environment*/, Mapping* mapping, size_t offset,
                     int32_t parties) {
    if (parties < 1 || parties > static_cast<int32_t>(POSIX_IPC_BARRIER_MOST_PARTIES)) {
        throw ArgumentError(ArgumentError::Kind::range, "parties", "1 to 127");
    }
    const auto count = static_cast<uint32_t>(parties);
    const auto memory =
        place_in<posix_ipc_barrier>(*mapping, offset, posix_ipc_barrier_size(count));
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_barrier_init(memory.get(), count, id);
    return 0;
}

/// A handle; -EINVAL where there is no barrier, -EPROTO where it has another layout.
int32_t barrier_at(Environment& environment, Mapping* mapping, size_t offset) {
    SharedBarrier shared{place_in<posix_ipc_barrier>(*mapping, offset)};
    const int error =
        posix_ipc_barrier_check(shared.memory.get(), mapping->length() - offset, &shared.parties);
    if (error != 0) {
        return -error;
    }
    return barriers(environment).add(std::move(shared)).value_or(-EMFILE);
}

void barrier_close(Environment& environment, int32_t handle) {
    barriers(environment).remove(handle);
}

int32_t barrier_parties(Environment& environment, int32_t handle) {
    const SharedBarrier* const shared = barriers(environment).find(handle);
    return shared == nullptr ? -EINVAL : static_cast<int32_t>(shared->parties);
}

/// How many wait.
int64_t barrier_waiting(Environment& environment, int32_t handle) {
    const SharedBarrier* const shared = barriers(environment).find(handle);
    return shared == nullptr ? -EINVAL
                             : int64_t{__atomic_load_n(&shared->memory->arrived, __ATOMIC_SEQ_CST)};
}

/// What the calling thread does with it.
template <int32_t Work(const SharedBarrier&)>
int32_t with_barrier(Environment& environment, int32_t handle) {
    const SharedBarrier* const shared = barriers(environment).find(handle);
    return shared == nullptr ? -EINVAL : Work(*shared);
}

/// Blocks this thread; no signal ends it.
int32_t barrier_wait_for(Environment& environment, int32_t handle, Milliseconds timeout) {
    const SharedBarrier* const shared = barriers(environment).find(handle);
    if (shared == nullptr) {
        return -EINVAL;
    }
    BarrierWait wait(*shared);
    return environment.block(wait, timeout, false).result;
}

int32_t barrier_wait_start(Environment& environment, int32_t handle) {
    const SharedBarrier* const shared = barriers(environment).find(handle);
    return shared == nullptr ? -EINVAL
                             : environment.waits().start(std::make_unique<BarrierWait>(*shared));
}

} // namespace

void define_barrier(Exports& exports) {
    exports.function<barrier_init>("barrierInit", "mapping", "byteOffset", "parties");
    exports.function<barrier_at>("barrierAt", "mapping", "byteOffset");
    exports.function<barrier_close>("barrierClose", "barrier");
    exports.function<barrier_parties>("barrierParties", "barrier");
    exports.function<barrier_waiting>("barrierWaiting", "barrier");
    exports.function<with_barrier<is_barrier_broken>>("barrierIsBroken", "barrier");
    exports.function<with_barrier<reset_barrier>>("barrierReset", "barrier");
    exports.function<with_barrier<pass_barrier>>("barrierPass", "barrier");
    exports.function<barrier_wait_for>("barrierWaitFor", "barrier", "timeout");
    exports.function<barrier_wait_start>("barrierWaitStart", "barrier");
}

} // namespace posix_ipc::lock
