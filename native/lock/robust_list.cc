#include "lock/robust_list.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>

namespace posix_ipc::lock {

namespace {

/// ROBUST_LIST_LIMIT of the kernel.
constexpr int longest = 2048;

/// The lowest bit of a link marks mutexes of another kind.
robust_list* without_mark(robust_list* link) {
    const auto mark = static_cast<ptrdiff_t>(reinterpret_cast<uintptr_t>(link) & 1);
    return reinterpret_cast<robust_list*>(reinterpret_cast<std::byte*>(link) - mark);
}

/// The list of this thread, once it is made: a look that asks nothing else.
thread_local RobustList* known = nullptr;

} // namespace

RobustList::RobustList(robust_list_head* head)
    : head_(head), thread_(static_cast<uint32_t>(gettid())) {}

/// exit(3) destroys what is thread_local before it runs the handlers in which environments end: the
/// main thread's list stays.
RobustList::OfThread::~OfThread() {
    if (gettid() == getpid()) {
        static_cast<void>(list.release());
    } else {
        known = nullptr;
    }
}

RobustList* RobustList::of_this_thread() {
    if (known != nullptr) {
        return known;
    }
    static thread_local OfThread mine;
    robust_list_head* const head = posix_ipc_robust_list();
    if (head != nullptr) {
        mine.list = std::make_unique<RobustList>(head);
        known = mine.list.get();
    }
    return known;
}

bool RobustList::unlink_amid(Mutex& mutex) {
    const auto found = std::find(ours_.rbegin(), ours_.rend(), &mutex);
    if (found == ours_.rend()) {
        return false;
    }
    const auto place = static_cast<size_t>(ours_.rend() - found) - 1;
    point(place, place + 1 < ours_.size() ? link_to(*ours_[place + 1]) : end());
    ours_.erase(ours_.begin() + static_cast<ptrdiff_t>(place));
    return true;
}

void RobustList::point_behind_libc(uint64_t from, uint64_t to) {
    robust_list* entry = &head_->list;
    for (int i = 0; i < longest; i++) {
        robust_list* const next = without_mark(entry->next);
        if (reinterpret_cast<uintptr_t>(next) == from) {
            set(reinterpret_cast<uint64_t*>(&entry->next), to);
            return;
        }
        entry = next;
    }
}

} // namespace posix_ipc::lock
