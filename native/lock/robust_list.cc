#include "lock/robust_list.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

namespace posix_ipc::lock {

namespace {

/// The lowest bit of a link marks mutexes of another kind.
robust_list* without_mark(robust_list* link) {
    const auto mark = static_cast<ptrdiff_t>(reinterpret_cast<uintptr_t>(link) & 1);
    return reinterpret_cast<robust_list*>(reinterpret_cast<std::byte*>(link) - mark);
}

/// The link of an entry to the one before it, as libc has it.
uint64_t& previous_of(robust_list* entry) {
    return *(reinterpret_cast<uint64_t*>(without_mark(entry)) - 1);
}

/// The list of this thread, once it is made: a look that asks nothing else.
thread_local RobustList* known = nullptr;

} // namespace

/// In front, where libc, too, enters what is locked.
RobustList::RobustList(robust_list_head* head)
    : head_(head), thread_(static_cast<uint32_t>(gettid())) {
    robust_list* const first = head->list.next;
    begin_.previous = reinterpret_cast<uintptr_t>(&head->list);
    begin_.next = link_to(end_);
    end_.previous = link_to(begin_);
    end_.next = reinterpret_cast<uintptr_t>(first);
    previous_of(first) = link_to(end_);
    set(reinterpret_cast<uint64_t*>(&head->list.next), link_to(begin_));
}

RobustList::~RobustList() {
    previous_of(std::bit_cast<robust_list*>(end_.next)) = begin_.previous;
    set(reinterpret_cast<uint64_t*>(without_mark(std::bit_cast<robust_list*>(begin_.previous))),
        end_.next);
}

/// exit(3) destroys what is thread_local before it runs the handlers in which environments end: the
/// main thread's list stays. So does one that the kernel has to follow.
RobustList::OfThread::~OfThread() {
    if (gettid() == getpid() || (list && !list->empty())) {
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
    point(place, link_to(place + 1 < ours_.size() ? *ours_[place + 1] : end_));
    ours_.erase(ours_.begin() + static_cast<ptrdiff_t>(place));
    return true;
}

} // namespace posix_ipc::lock
