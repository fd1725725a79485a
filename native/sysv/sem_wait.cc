#include "sysv/sem_wait.h"

#include <algorithm>
#include <cerrno>
#include <sys/ipc.h>

#include "core/wait/timespec.h"

namespace posix_ipc::sysv {

namespace {

bool waits(const sembuf& operation) {
    return (operation.sem_flg & IPC_NOWAIT) == 0;
}

} // namespace

/// As for messages: a set that is gone when an interrupted call is made again was removed.
int32_t SemaphoreOperation::answer(int32_t result) {
    if (result == 0) {
        return 0;
    }
    const int32_t error = waited_ && result == -EINVAL ? -EIDRM : result;
    waited_ = true;
    return error;
}

wait::Outcome SemaphoreOperation::block() {
    return {answer(operations_.perform(set_)), 0};
}

wait::Outcome SemaphoreOperation::block_until(wait::Clock::time_point look) {
    const timespec timeout = wait::time_until(look);
    const auto all = operations_.all();
    const int32_t result = answer(or_errno(semtimedop(set_, all.data(), all.size(), &timeout)));
    // An operation that must not wait answers EAGAIN as well, but before the time is over.
    const bool over = std::all_of(all.begin(), all.end(), waits) || wait::Clock::now() >= look;
    return {result == -EAGAIN && over ? -EINTR : result, 0};
}

wait::Outcome SemaphoreOperation::attempt() {
    const auto all = operations_.all();
    if (std::none_of(all.begin(), all.end(), waits)) {
        return block();
    }
    Sembufs quick = operations_;
    quick.add_flag(IPC_NOWAIT);
    const int32_t result = answer(quick.perform(set_));
    return {result == -EAGAIN ? -EINTR : result, 0};
}

/// The opposite of what was done. What waited for zero took nothing.
void SemaphoreOperation::invert() {
    const auto all = operations_.all();
    const auto end =
        std::remove_if(all.begin(), all.end(), [](const sembuf& one) { return one.sem_op == 0; });
    std::reverse(all.begin(), end);
    operations_.shrink(static_cast<size_t>(end - all.begin()));
    for (auto& operation : operations_.all()) {
        operation.sem_op = static_cast<short>(-operation.sem_op);
    }
    operations_.add_flag(IPC_NOWAIT);
    inverted_ = true;
}

/// False if it is not possible now: somebody has used what a post in the list gave.
bool SemaphoreOperation::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result < 0) {
        return true;
    }
    if (!inverted_) {
        invert();
    }
    const int32_t result = operations_.all().empty() ? 0 : operations_.perform(set_);
    return result != -EAGAIN;
}

} // namespace posix_ipc::sysv
