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

std::vector<sembuf> with_flag(std::vector<sembuf> operations, int flag) {
    for (auto& operation : operations) {
        operation.sem_flg = static_cast<short>(operation.sem_flg | flag);
    }
    return operations;
}

/// As for messages: a set that is gone when an interrupted call is made again was removed.
int32_t SemaphoreOperation::answer(int result) {
    if (result == 0) {
        return 0;
    }
    const int error = waited_ && errno == EINVAL ? EIDRM : errno;
    waited_ = true;
    return -error;
}

wait::Outcome SemaphoreOperation::block() {
    return {answer(semop(set_, operations_.data(), operations_.size())), 0};
}

wait::Outcome SemaphoreOperation::block_until(wait::Clock::time_point look) {
    const timespec timeout = wait::time_until(look);
    const int32_t result =
        answer(semtimedop(set_, operations_.data(), operations_.size(), &timeout));
    // An operation that must not wait answers EAGAIN as well, but before the time is over.
    const bool over =
        std::all_of(operations_.begin(), operations_.end(), waits) || wait::Clock::now() >= look;
    return {result == -EAGAIN && over ? -EINTR : result, 0};
}

wait::Outcome SemaphoreOperation::attempt() {
    if (std::none_of(operations_.begin(), operations_.end(), waits)) {
        return block();
    }
    auto quick = with_flag(operations_, IPC_NOWAIT);
    const int32_t result = answer(semop(set_, quick.data(), quick.size()));
    return {result == -EAGAIN ? -EINTR : result, 0};
}

/// The opposite of what was done. What waited for zero took nothing.
void SemaphoreOperation::invert() {
    std::erase_if(operations_, [](const sembuf& one) { return one.sem_op == 0; });
    std::reverse(operations_.begin(), operations_.end());
    for (auto& operation : operations_) {
        operation.sem_op = static_cast<short>(-operation.sem_op);
        operation.sem_flg = static_cast<short>(operation.sem_flg | IPC_NOWAIT);
    }
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
    return operations_.empty() || semop(set_, operations_.data(), operations_.size()) == 0 ||
           errno != EAGAIN;
}

} // namespace posix_ipc::sysv
