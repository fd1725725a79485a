#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <sys/ipc.h>
#include <sys/msg.h>

#include "support.h"

#include "sysv/msg_wait.h"

namespace posix_ipc::test {

/// A System V queue that is removed at the end of the block.
class TemporaryQueue {
  public:
    static constexpr int64_t capacity = 256; // bytes, and so messages

    TemporaryQueue() : id_(msgget(IPC_PRIVATE, 0600)) {
        check(id_ >= 0, "msgget()");
        msqid_ds status = this->status();
        status.msg_qbytes = capacity;
        check(msgctl(id_, IPC_SET, &status) == 0, "msgctl(IPC_SET)");
    }
    TemporaryQueue(const TemporaryQueue&) = delete;
    TemporaryQueue& operator=(const TemporaryQueue&) = delete;
    ~TemporaryQueue() { remove(); }

    [[nodiscard]] int id() const { return id_; }

    void remove() const { msgctl(id_, IPC_RMID, nullptr); }

    [[nodiscard]] int64_t messages() const { return static_cast<int64_t>(status().msg_qnum); }

    /// A struct msgbuf with so many bytes of payload.
    static std::vector<std::byte> message(size_t size) {
        std::vector<std::byte> bytes(sizeof(long) + size);
        const long type = 1;
        std::memcpy(bytes.data(), &type, sizeof type);
        return bytes;
    }

    /// Without waiting: whether there was room.
    [[nodiscard]] bool send(size_t size) const {
        return msgsnd(id_, message(size).data(), size, IPC_NOWAIT) == 0;
    }

    /// Without waiting: whether there was one.
    [[nodiscard]] bool receive() const {
        auto bytes = message(1);
        return msgrcv(id_, bytes.data(), 1, 0, IPC_NOWAIT) >= 0;
    }

  private:
    [[nodiscard]] msqid_ds status() const {
        msqid_ds status{};
        check(msgctl(id_, IPC_STAT, &status) == 0, "msgctl(IPC_STAT)");
        return status;
    }

    int id_;
};

} // namespace posix_ipc::test
