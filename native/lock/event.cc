#include "lock/event.h"

#include <sys/random.h>

#include "core/handles.h"
#include "lock/event_wait.h"
#include "lock/place.h"

namespace posix_ipc::lock {

namespace {

/// The events of one environment.
class Events : public Facility {
  public:
    explicit Events(Environment& /*environment*/) {}
    void end() noexcept override {}

    Handles<SharedEvent>& open() { return open_; }

  private:
    Handles<SharedEvent> open_;
};

Handles<SharedEvent>& events(Environment& environment) {
    return environment.facility<Events>().open();
}

uint32_t sets_of(const SharedEvent& shared) {
    return __atomic_load_n(&shared.memory->sets, __ATOMIC_SEQ_CST);
}

// ---- what JavaScript calls: 0 or more, or a negated errno

int32_t event_init(Environment& /*environment*/, Mapping* mapping, size_t offset, bool auto_reset,
                   bool is_set) {
    const auto memory = place_in<posix_ipc_event>(*mapping, offset);
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_event_init(memory.get(), auto_reset ? POSIX_IPC_EVENT_AUTO_RESET : 0,
                         static_cast<int>(is_set), id);
    return 0;
}

/// A handle; -EINVAL where there is no event, -EPROTO where it has another layout.
int32_t event_at(Environment& environment, Mapping* mapping, size_t offset) {
    SharedEvent shared{place_in<posix_ipc_event>(*mapping, offset)};
    const int error = posix_ipc_event_check(shared.memory.get());
    if (error != 0) {
        return -error;
    }
    shared.auto_reset = (shared.memory->flags & POSIX_IPC_EVENT_AUTO_RESET) != 0;
    return events(environment).add(std::move(shared)).value_or(-EMFILE);
}

void event_close(Environment& environment, int32_t handle) {
    events(environment).remove(handle);
}

bool event_auto_reset(Environment& environment, int32_t handle) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared != nullptr && shared->auto_reset;
}

int32_t event_set(Environment& environment, int32_t handle) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr ? -EINVAL : set_event(*shared->memory);
}

int32_t event_reset(Environment& environment, int32_t handle) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr ? -EINVAL : posix_ipc_event_reset(shared->memory.get());
}

int32_t event_is_set(Environment& environment, int32_t handle) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr ? -EINVAL : posix_ipc_event_is_set(shared->memory.get());
}

/// How often it was set: a wait that begins now is told of a set after that.
int64_t event_sets(Environment& environment, int32_t handle) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr ? -EINVAL : int64_t{sets_of(*shared)};
}

/// Whether a wait that began then may end.
int32_t event_pass(Environment& environment, int32_t handle, Key since) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr
               ? -EINVAL
               : posix_ipc_event_pass(shared->memory.get(), static_cast<int>(shared->auto_reset),
                                      static_cast<uint32_t>(since.value));
}

/// Blocks this thread; no signal ends it.
int32_t event_wait_for(Environment& environment, int32_t handle, Key since, Milliseconds timeout) {
    const SharedEvent* const shared = events(environment).find(handle);
    if (shared == nullptr) {
        return -EINVAL;
    }
    EventWait wait(*shared, static_cast<uint32_t>(since.value));
    return environment.block(wait, timeout, false).result;
}

int32_t event_wait_start(Environment& environment, int32_t handle, Key since) {
    const SharedEvent* const shared = events(environment).find(handle);
    return shared == nullptr ? -EINVAL
                             : environment.waits().start(std::make_unique<EventWait>(
                                   *shared, static_cast<uint32_t>(since.value)));
}

} // namespace

void define_event(Exports& exports) {
    exports.function<event_init>("eventInit", "mapping", "byteOffset", "autoReset", "isSet");
    exports.function<event_at>("eventAt", "mapping", "byteOffset");
    exports.function<event_close>("eventClose", "event");
    exports.function<event_auto_reset>("eventAutoReset", "event");
    exports.function<event_set>("eventSet", "event");
    exports.function<event_reset>("eventReset", "event");
    exports.function<event_is_set>("eventIsSet", "event");
    exports.function<event_sets>("eventSets", "event");
    exports.function<event_pass>("eventPass", "event", "since");
    exports.function<event_wait_for>("eventWaitFor", "event", "since", "timeout");
    exports.function<event_wait_start>("eventWaitStart", "event", "since");
}

} // namespace posix_ipc::lock
