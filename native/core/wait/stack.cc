#include "core/wait/stack.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <sys/mman.h>
#include <utility>
#include <vector>

#include "core/page_size.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 // Linux 6.13
#endif

namespace posix_ipc::wait {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t stack_bytes = size_t{2048} * 1024; // what they keep for a thread lies there, too
#else
constexpr size_t stack_bytes = size_t{128} * 1024;
#endif
constexpr size_t stacks_per_mapping = 16;

/// Where the pages of so many free stacks are kept, those of further ones go back to the kernel.
constexpr size_t most_warm = 16;

size_t step() {
    return page_size() + stack_bytes;
}

/// Pages that nobody can touch: by a mark, which costs no mapping of its own, where the kernel has
/// it.
bool guard(std::byte* page) {
    return madvise(page, page_size(), MADV_GUARD_INSTALL) == 0 ||
           mprotect(page, page_size(), PROT_NONE) == 0;
}

struct Mapping {
    std::byte* base = nullptr;
    std::vector<std::byte*> free;

    [[nodiscard]] bool holds(const std::byte* place) const {
        return place >= base && place < base + stacks_per_mapping * step();
    }
    [[nodiscard]] bool unused() const { return free.size() == stacks_per_mapping; }
};

class Pool {
  public:
    /// nullptr where there is no memory.
    std::byte* take() {
        const std::scoped_lock lock(mutex_);
        auto place = std::find_if(mappings_.begin(), mappings_.end(),
                                  [](const Mapping& mapping) { return !mapping.free.empty(); });
        if (place == mappings_.end()) {
            if (!add()) {
                return nullptr;
            }
            place = mappings_.begin();
        }
        std::byte* const stack = place->free.back();
        place->free.pop_back();
        free_--;
        return stack;
    }

    void give_back(std::byte* stack) {
        const std::scoped_lock lock(mutex_);
        const auto place =
            std::find_if(mappings_.begin(), mappings_.end(),
                         [&](const Mapping& mapping) { return mapping.holds(stack); });
        place->free.push_back(stack);
        free_++;
        if (place->unused() && free_ >= stacks_per_mapping + most_warm) {
            munmap(place->base, stacks_per_mapping * step());
            mappings_.erase(place);
            free_ -= stacks_per_mapping;
        } else if (free_ > most_warm) {
            madvise(stack, stack_bytes, MADV_DONTNEED);
        }
    }

  private:
    bool add() {
        const size_t size = stacks_per_mapping * step();
        void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        Mapping mapping{static_cast<std::byte*>(memory), {}};
        mapping.free.reserve(stacks_per_mapping); // giving back takes no memory
        for (size_t i = 0; i < stacks_per_mapping; i++) {
            std::byte* const page = mapping.base + i * step();
            if (!guard(page)) {
                munmap(memory, size);
                return false;
            }
            mapping.free.push_back(page + page_size());
        }
        mappings_.push_front(std::move(mapping));
        free_ += stacks_per_mapping;
        return true;
    }

    std::mutex mutex_;
    std::list<Mapping> mappings_;
    size_t free_ = 0; // of all mappings
};

/// Never destroyed: whoever ends last gives back.
Pool& pool() {
    static Pool* const one = new Pool;
    return *one;
}

} // namespace

Stack Stack::take() {
    std::byte* const stack = pool().take();
    return Stack(stack == nullptr ? std::span<std::byte>() : std::span(stack, stack_bytes));
}

Stack::Stack(Stack&& other) noexcept : memory_(std::exchange(other.memory_, {})) {}

Stack& Stack::operator=(Stack&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
}

Stack::~Stack() {
    if (!memory_.empty()) {
        pool().give_back(memory_.data());
    }
}

} // namespace posix_ipc::wait
