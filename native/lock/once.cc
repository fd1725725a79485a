#include "lock/once.h"

#include <map>
#include <sys/random.h>

#include "lock/mutex.h"
#include "lock/place.h"

#include "posix-ipc/once.h"

namespace posix_ipc::lock {

namespace {

static_assert(sizeof(posix_ipc_once) == 128);

using SharedOnce = std::shared_ptr<posix_ipc_once>;

/// Those of one environment, by the handles of their gates.
class Onces : public Facility {
  public:
    explicit Onces(Environment& /*environment*/) {}
    void end() noexcept override {} // for who does it just now, see mutex.cc

    std::map<int32_t, SharedOnce>& open() { return open_; }
    /// nullptr: there is none.
    posix_ipc_once* find(int32_t gate) {
        const auto found = open_.find(gate);
        return found == open_.end() ? nullptr : found->second.get();
    }

  private:
    std::map<int32_t, SharedOnce> open_;
};

Onces& onces(Environment& environment) {
    return environment.facility<Onces>();
}

// ---- what JavaScript calls: 0 or more, or a negated errno

int32_t once_init(Environment& /*environment*/, Mapping* mapping, size_t offset) {
    const SharedOnce once = place_in<posix_ipc_once>(*mapping, offset);
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, 0) != sizeof id) {
        return -errno;
    }
    posix_ipc_once_init(once.get(), id);
    return 0;
}

/// The handle of the gate, which is a mutex; -EINVAL where there is nothing of the kind, -EPROTO
/// where it has another layout.
int32_t once_at(Environment& environment, Mapping* mapping, size_t offset) {
    const SharedOnce once = place_in<posix_ipc_once>(*mapping, offset);
    const int error = posix_ipc_once_check(once.get());
    if (error != 0) {
        return -error;
    }
    const int32_t gate = open_mutex(environment, {once, &once->gate});
    if (gate >= 0) {
        onces(environment).open()[gate] = once;
    }
    return gate;
}

void once_close(Environment& environment, int32_t gate) {
    if (onces(environment).open().erase(gate) != 0) {
        close_mutex(environment, gate);
    }
}

bool once_is_done(Environment& environment, int32_t gate) {
    const posix_ipc_once* const once = onces(environment).find(gate);
    return once != nullptr && posix_ipc_once_is_done(once) != 0;
}

/// Of who has locked the gate, before it is unlocked.
int32_t once_set_done(Environment& environment, int32_t gate) {
    posix_ipc_once* const once = onces(environment).find(gate);
    if (once == nullptr || !is_mine(once->gate)) {
        return -EPERM;
    }
    posix_ipc_once_set_done(once);
    return 0;
}

} // namespace

void define_once(Exports& exports) {
    exports.function<once_init>("onceInit", "mapping", "byteOffset");
    exports.function<once_at>("onceAt", "mapping", "byteOffset");
    exports.function<once_close>("onceClose", "once");
    exports.function<once_is_done>("onceIsDone", "once");
    exports.function<once_set_done>("onceSetDone", "once");
}

} // namespace posix_ipc::lock
