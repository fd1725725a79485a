#include "channel_test.h"

#include <posix-ipc/channel.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "support.h"

namespace posix_ipc::test {

namespace {

struct Kind {
    uint32_t capacity;
    uint32_t segment;
    /// Of the messages.
    uint32_t longest;
};

constexpr Kind bounded{1024, 0, 300};
/// Four segments; some messages have more than one.
constexpr Kind growing{16384, 4096, 6000};

struct Shared {
    explicit Shared(const Kind& kind) : kind(kind) {
        const posix_ipc_channel_shape shape{POSIX_IPC_CHANNEL_WAIT, 0, 1, 1, kind.segment, 0};
        bytes = posix_ipc_channel_bytes(kind.capacity, &shape);
        void* memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "there is memory");
        head = static_cast<posix_ipc_channel_head*>(memory);
        check_equal(posix_ipc_channel_init_shape(head, kind.capacity, &shape, 1), 0,
                    "a channel is made");
    }
    ~Shared() { munmap(head, bytes); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    Shared(Shared&&) = delete;
    Shared& operator=(Shared&&) = delete;

    Kind kind;
    size_t bytes = 0;
    posix_ipc_channel_head* head = nullptr;
    /// When the sender will go, and how many messages it has sent then.
    std::atomic<bool> stop{false};
    std::atomic<int64_t> total{-1};
};

timespec soon() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    now.tv_nsec += 2'000'000;
    now.tv_sec += now.tv_nsec / 1'000'000'000;
    now.tv_nsec %= 1'000'000'000;
    return now;
}

/// Takes a role of the channel for some messages, again and again, each time in a way of its own.
class Peer {
  public:
    Peer(Shared& shared, Random random, bool sends)
        : shared_(shared), random_(random), sends_(sends), bytes_(shared.kind.longest) {
        check_equal(posix_ipc_channel_at(&channel_, shared.head, shared.bytes), 0,
                    "a channel is there");
    }

    void run() {
        while (!ends()) {
            join();
            const bool in_place = pick(random_, 2) == 0;
            for (int left = pick(random_, 2000); left > 0 && !ends(); left--) {
                sends_ ? send(in_place) : receive(in_place);
            }
            check_equal(sends_ ? posix_ipc_sender_close(&end_) : posix_ipc_receiver_close(&end_), 0,
                        "a role is given up");
        }
    }

    /// Becomes the receiver for one look.
    int look() {
        join();
        posix_ipc_channel_message message{};
        const int result = posix_ipc_receiver_try_borrow(&end_, &message);
        check_equal(posix_ipc_receiver_close(&end_), 0, "the role is given up");
        return result;
    }

    /// Becomes the sender for nothing.
    void visit() {
        join();
        check_equal(posix_ipc_sender_close(&end_), 0, "the role is given up");
    }

  private:
    [[nodiscard]] uint32_t length_of(int64_t number) const {
        return static_cast<uint32_t>(number * 31 % (shared_.kind.longest + 1));
    }

    [[nodiscard]] bool ends() {
        if (!sends_) {
            return shared_.total.load() == number_;
        }
        if (shared_.stop) {
            shared_.total = number_;
        }
        return shared_.stop;
    }

    void join() {
        check_equal(sends_ ? posix_ipc_sender_open(&end_, &channel_)
                           : posix_ipc_receiver_open(&end_, &channel_),
                    0, "a role is free");
        constexpr std::array ways{POSIX_IPC_CHANNEL_ADAPTIVE, POSIX_IPC_CHANNEL_BLOCK,
                                  POSIX_IPC_CHANNEL_SPIN};
        end_.waiting = ways.at(static_cast<size_t>(pick(random_, 3)));
        end_.together = pick(random_, 2);
    }

    void send(bool in_place) {
        const uint32_t length = length_of(number_);
        std::memset(bytes_.data(), static_cast<int>(number_ & 0xff), length);
        const auto type = static_cast<uint32_t>(number_ & INT32_MAX);
        const timespec until = soon();
        if (pick(random_, 64) == 0) {
            posix_ipc_sender_trim(&end_);
        }
        if (!in_place) {
            count(posix_ipc_sender_send(&end_, bytes_.data(), length, type, &until));
            return;
        }
        void* room = nullptr;
        const int result = posix_ipc_sender_claim(&end_, shared_.kind.longest, &room, &until);
        if (result != 0) {
            count(result);
            return;
        }
        std::memcpy(room, bytes_.data(), length);
        if (pick(random_, 8) == 0) {
            posix_ipc_sender_abort(&end_);
            return;
        }
        count(posix_ipc_sender_commit(&end_, length, type));
    }

    void receive(bool in_place) {
        posix_ipc_channel_message message{};
        const timespec until = soon();
        const int result = in_place ? posix_ipc_receiver_borrow(&end_, &message, &until)
                                    : posix_ipc_receiver_receive(&end_, bytes_.data(),
                                                                 bytes_.size(), &message, &until);
        if (result == 0) {
            check(message.type == static_cast<uint32_t>(number_ & INT32_MAX) &&
                      message.length == length_of(number_),
                  "each message comes once, in order");
            const auto* data = static_cast<const unsigned char*>(message.data);
            check(std::all_of(data, data + message.length,
                              [this](unsigned char one) { return one == (number_ & 0xff); }),
                  "and whole");
            posix_ipc_receiver_release(&end_);
        }
        count(result);
    }

    void count(int result) {
        check(result == 0 || result == ETIMEDOUT, "a message goes, or time is over");
        number_ += result == 0 ? 1 : 0;
    }

    Shared& shared_;
    Random random_;
    bool sends_;
    int64_t number_ = 0;
    posix_ipc_channel channel_{};
    posix_ipc_channel_end end_{};
    std::vector<unsigned char> bytes_;
};

void pass_messages(const Kind& kind, std::chrono::seconds how_long) {
    Shared shared(kind);
    std::array random{new_random(), new_random()};
    std::thread sender([&] { Peer(shared, random[0], true).run(); });
    std::thread receiver([&] { Peer(shared, random[1], false).run(); });
    std::this_thread::sleep_for(how_long);
    shared.stop = true;
    sender.join();
    receiver.join();
    check(shared.total > 0, "messages went");
    const posix_ipc_channel_head& head = *shared.head;
    check_equal(static_cast<int64_t>(head.head.count), shared.total & UINT32_MAX,
                "all are counted");
    // What may be left is the way to the beginning of the ring, for a message that never came.
    check_equal(Peer(shared, random[1], false).look(), EAGAIN, "none is left");
    check_equal(head.tail.position, head.head.position, "nor anything else");
    Peer(shared, random[0], true).visit();
    check_equal(head.head.reserved, kind.segment == 0 ? 0 : POSIX_IPC_SEGMENTS_FEWEST,
                "nor memory for it");
}

} // namespace

void channels_pass_messages(std::chrono::seconds how_long) {
    begin_scenario("channels pass messages");
    pass_messages(bounded, how_long);
}

void growing_channels_pass_messages(std::chrono::seconds how_long) {
    begin_scenario("channels that grow pass messages");
    pass_messages(growing, how_long);
}

} // namespace posix_ipc::test
