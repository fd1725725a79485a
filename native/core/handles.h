#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace posix_ipc {

/// What JavaScript knows by a small integer. A number that was never given, or is closed, finds
/// nothing; it comes back only after its place was used thousands of times.
template <typename T>
class Handles {
  public:
    /// The new value's handle, or nothing where there are too many.
    std::optional<int32_t> add(T value) {
        // Places rest before they are used again, the oldest first.
        const bool reuse = free_.size() >= resting || slots_.size() >= most;
        if (reuse && free_.empty()) {
            return std::nullopt;
        }
        if (!reuse) {
            slots_.emplace_back();
            free_.push_back(static_cast<int32_t>(slots_.size() - 1));
        }
        const int32_t index = reuse ? free_.front() : free_.back();
        reuse ? free_.pop_front() : free_.pop_back();
        Slot& slot = slots_[index];
        slot.handle = static_cast<int32_t>(slot.uses << index_bits) | index;
        slot.uses = (slot.uses + 1) % most_uses;
        slot.value.emplace(std::move(value));
        return slot.handle;
    }

    /// nullptr: there is no such handle. Valid until the next add or remove.
    [[nodiscard]] T* find(int32_t handle) {
        const auto index = static_cast<uint32_t>(handle) % most;
        const bool known = index < slots_.size() && slots_[index].handle == handle;
        return known ? &*slots_[index].value : nullptr;
    }

    /// Handle and value of the first one that `matches`.
    template <typename Predicate>
    std::optional<std::pair<int32_t, T*>> search(Predicate matches) {
        for (Slot& slot : slots_) {
            if (slot.handle != none && matches(*slot.value)) {
                return {{slot.handle, &*slot.value}};
            }
        }
        return std::nullopt;
    }

    template <typename Visit>
    void each(Visit visit) {
        for (Slot& slot : slots_) {
            if (slot.handle != none) {
                visit(slot.handle, *slot.value);
            }
        }
    }

    /// Whether there was one.
    bool remove(int32_t handle) {
        if (find(handle) == nullptr) {
            return false;
        }
        Slot& slot = slots_[static_cast<uint32_t>(handle) % most];
        const std::optional<T> last = std::exchange(slot.value, std::nullopt);
        slot.handle = none;
        free_.push_back(handle % static_cast<int32_t>(most));
        return true;
    }

  private:
    static constexpr int index_bits = 20;
    static constexpr uint32_t most = uint32_t{1} << index_bits;
    static constexpr uint32_t most_uses = uint32_t{1} << (31 - index_bits);
    static constexpr size_t resting = 64;
    static constexpr int32_t none = -1;

    struct Slot {
        int32_t handle = none;
        uint32_t uses = 0;
        std::optional<T> value;
    };

    std::vector<Slot> slots_;
    std::deque<int32_t> free_;
};

} // namespace posix_ipc
