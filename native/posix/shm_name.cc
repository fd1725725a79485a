#include "posix/shm_name.h"

#include <posix-ipc/name.h>
#include <utility>

#include "core/fd.h"
#include "core/handles.h"

namespace posix_ipc::posix {

namespace {

/// A temporary object that is used by its name. The last one who lets go of it removes the name.
class NameUse {
  public:
    explicit NameUse(const posix_ipc_name& name) : name_(name) {}
    NameUse(NameUse&& other) noexcept : name_(std::exchange(other.name_, nobodys)) {}
    NameUse& operator=(NameUse&& other) noexcept {
        std::swap(name_, other.name_);
        return *this;
    }
    NameUse(const NameUse&) = delete;
    NameUse& operator=(const NameUse&) = delete;
    ~NameUse() { posix_ipc_name_leave(&name_); }

  private:
    static constexpr posix_ipc_name nobodys{-1, {}};

    posix_ipc_name name_;
};

/// Those of one environment: they end with it, whether or not it is ever destroyed.
class NameUses : public Facility {
  public:
    explicit NameUses(Environment& /*environment*/) {}
    void end() noexcept override { open_ = {}; }

    Handles<NameUse>& open() { return open_; }

  private:
    Handles<NameUse> open_;
};

/// A handle, through a copy of the descriptor; -EBUSY where somebody holds a lock.
int32_t shm_name_use(Environment& environment, int32_t fd, const Path& path) {
    Fd copy = copy_of(fd);
    if (!copy) {
        return -errno;
    }
    posix_ipc_name name{};
    const int error = posix_ipc_name_begin(&name, copy.get(), path.text.c_str());
    if (error != 0) {
        return -error;
    }
    copy.release();
    return environment.facility<NameUses>().open().add(NameUse(name)).value_or(-EMFILE);
}

void shm_name_leave(Environment& environment, int32_t handle) {
    environment.facility<NameUses>().open().remove(handle);
}

} // namespace

void define_shm_name(Exports& exports) {
    exports.function<shm_name_use>("shmNameUse", "fd", "name");
    exports.function<shm_name_leave>("shmNameLeave", "use");
}

} // namespace posix_ipc::posix
