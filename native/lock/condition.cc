#include "lock/condition.h"

#include <sys/random.h>

#include "core/handles.h"
#include "lock/condition_wait.h"
#include "lock/mutex.h"
#include "lock/place.h"

namespace posix_ipc::lock {

namespace {

/// The conditions of one environment.
class Conditions : public Facility {
  public:
    explicit Conditions(Environment& /*environment*/) {}
    void end() noexcept override {}

    Handles<SharedCondition>& open() { return open_; }

  private:
    Handles<SharedCondition> open_;
};

Handles<SharedCondition>& conditions(Environment& environment) {
    return environment.facility<Conditions>().open();
}

/// What only the owner of the condition's mutex may do.
template <typename Work>
auto guarded(Environment& environment, int32_t handle, int32_t mutex, Work work)
    -> decltype(work(std::declval<posix_ipc_condition*>())) {
    const SharedCondition* const shared = conditions(environment).find(handle);
    const Mutex* const guard = find_mutex(environment, mutex);
    if (shared == nullptr || guard == nullptr) {
        return -EINVAL;
    }
    if (!is_mine(*guard)) {
        return -EPERM;
    }
    const int error = posix_ipc_condition_bind(shared->get(), guard);
    return error != 0 ? -error : work(shared->get());
}

// ---- what JavaScript calls: 0 or more, or a negated errno

int32_t condition_init(Environment& /*environment*/, Mapping* mapping, size_t offset) {
    const auto memory = place_in<posix_ipc_condition>(*mapping, offset);
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_condition_init(memory.get(), id);
    return 0;
}

/// A handle; -EINVAL where there is no condition, -EPROTO where it has another layout.
int32_t condition_at(Environment& environment, Mapping* mapping, size_t offset) {
    auto memory = place_in<posix_ipc_condition>(*mapping, offset);
    const int error = posix_ipc_condition_check(memory.get());
    return error != 0 ? -error : conditions(environment).add(std::move(memory)).value_or(-EMFILE);
}

void condition_close(Environment& environment, int32_t handle) {
    conditions(environment).remove(handle);
}

/// The ticket; -EPROTO: there are more than JavaScript can count.
int64_t condition_enter(Environment& environment, int32_t handle, int32_t mutex) {
    return guarded(environment, handle, mutex, [](posix_ipc_condition* condition) -> int64_t {
        constexpr uint64_t most = uint64_t{1} << 53;
        const bool countable = posix_ipc_condition_read(&condition->tickets) < most;
        return countable ? static_cast<int64_t>(posix_ipc_condition_enter(condition)) : -EPROTO;
    });
}

/// 1: who has the ticket may go, and has left.
int32_t condition_pass(Environment& environment, int32_t handle, int32_t mutex, size_t ticket) {
    return guarded(environment, handle, mutex, [ticket](posix_ipc_condition* condition) -> int32_t {
        return posix_ipc_condition_pass(condition, ticket);
    });
}

int32_t condition_leave(Environment& environment, int32_t handle, int32_t mutex) {
    return guarded(environment, handle, mutex, [](posix_ipc_condition* condition) -> int32_t {
        posix_ipc_condition_leave(condition);
        return 0;
    });
}

int32_t condition_notify(Environment& environment, int32_t handle, int32_t mutex, bool all) {
    return guarded(environment, handle, mutex, [all](posix_ipc_condition* condition) -> int32_t {
        posix_ipc_condition_raise(condition, static_cast<int>(all));
        return 0;
    });
}

/// What a wait is to sleep on, under the mutex.
int64_t condition_look(Environment& environment, int32_t handle) {
    const SharedCondition* const shared = conditions(environment).find(handle);
    return shared == nullptr ? -EINVAL : int64_t{posix_ipc_condition_look(shared->get())};
}

/// Blocks this thread; no signal ends it.
int32_t condition_wait_for(Environment& environment, int32_t handle, Key sequence,
                           Milliseconds timeout) {
    const SharedCondition* const shared = conditions(environment).find(handle);
    if (shared == nullptr) {
        return -EINVAL;
    }
    ConditionWait wait(*shared, static_cast<uint32_t>(sequence.value));
    return environment.block(wait, timeout, false).result;
}

int32_t condition_wait_start(Environment& environment, int32_t handle, Key sequence) {
    const SharedCondition* const shared = conditions(environment).find(handle);
    return shared == nullptr ? -EINVAL
                             : environment.waits().start(std::make_unique<ConditionWait>(
                                   *shared, static_cast<uint32_t>(sequence.value)));
}

} // namespace

void define_condition(Exports& exports) {
    exports.function<condition_init>("conditionInit", "mapping", "byteOffset");
    exports.function<condition_at>("conditionAt", "mapping", "byteOffset");
    exports.function<condition_close>("conditionClose", "condition");
    exports.function<condition_enter>("conditionEnter", "condition", "mutex");
    exports.function<condition_pass>("conditionPass", "condition", "mutex", "ticket");
    exports.function<condition_leave>("conditionLeave", "condition", "mutex");
    exports.function<condition_notify>("conditionNotify", "condition", "mutex", "all");
    exports.function<condition_look>("conditionLook", "condition");
    exports.function<condition_wait_for>("conditionWaitFor", "condition", "sequence", "timeout");
    exports.function<condition_wait_start>("conditionWaitStart", "condition", "sequence");
}

} // namespace posix_ipc::lock
