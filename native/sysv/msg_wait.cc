#include "sysv/msg_wait.h"

#include <cerrno>
#include <sys/ipc.h>
#include <sys/msg.h>

namespace posix_ipc::sysv {

namespace {

bool is_gone(int queue) {
    msqid_ds status{};
    return msgctl(queue, IPC_STAT, &status) != 0 && (errno == EINVAL || errno == EIDRM);
}

/// A call that waited, was interrupted and is made again finds a removed queue as EINVAL, where
/// the waiting call would have said EIDRM. It is also EINVAL where kernel.msgmax was lowered
/// meanwhile, so the queue is asked.
int32_t answer(int64_t result, int queue, bool& waited) {
    if (result >= 0) {
        return static_cast<int32_t>(result);
    }
    const int error = errno;
    const bool removed = waited && error == EINVAL && is_gone(queue);
    waited = true;
    return removed ? -EIDRM : -error;
}

/// False if a sender has filled the place that the message left. It goes to the end of the queue.
bool returned(int queue, const void* message, size_t size) {
    return msgsnd(queue, message, size, IPC_NOWAIT) == 0 || errno != EAGAIN;
}

} // namespace

wait::Outcome MessageArrival::receive_nothing(int more_flags) {
    long type = 0;
    const ssize_t length = msgrcv(queue_, &type, 0, type_, flags_ | more_flags);
    if (length == 0) {
        return {took_empty, type};
    }
    return {answer(length, queue_, waited_), 0};
}

wait::Outcome MessageArrival::block() {
    wait::Outcome outcome = receive_nothing(0);
    if (outcome.result != -E2BIG) {
        return outcome;
    }
    // Several waiters are woken by one message. Those who come late go back to sleep here, at the
    // price of one call, and do not wake their event loops.
    outcome = receive_nothing(IPC_NOWAIT);
    switch (outcome.result) {
    case -E2BIG:
        return {ready, 0};
    case -ENOMSG:
        return {-EINTR, 0};
    default:
        return outcome;
    }
}

bool MessageArrival::give_back(const wait::Outcome& outcome) noexcept {
    const long type = outcome.extra;
    return outcome.result != took_empty || returned(queue_, &type, 0);
}

wait::Outcome MessageSend::block() {
    return {answer(msgsnd(queue_, message_, size_, 0), queue_, waited_), 0};
}

wait::Outcome MessageReceive::block() {
    return {answer(msgrcv(queue_, message_, size_, type_, flags_), queue_, waited_), 0};
}

wait::Outcome MessageReceive::attempt() {
    if ((flags_ & MSG_COPY) != 0) {
        return block(); // EINVAL without IPC_NOWAIT: it is not to be given one
    }
    const int32_t length =
        answer(msgrcv(queue_, message_, size_, type_, flags_ | IPC_NOWAIT), queue_, waited_);
    return {length == -ENOMSG ? -EINTR : length, 0};
}

bool MessageReceive::give_back(const wait::Outcome& outcome) noexcept {
    return outcome.result < 0 || returned(queue_, message_, static_cast<size_t>(outcome.result));
}

} // namespace posix_ipc::sysv
