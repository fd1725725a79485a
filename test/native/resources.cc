#include "resources.h"

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"
#include "temporary_queue.h"

namespace posix_ipc::test {

/// Tells the resource what the operation inside does.
class Counted : public wait::Operation {
  public:
    Counted(Resource& resource, std::unique_ptr<wait::Operation> inner)
        : resource_(resource), inner_(std::move(inner)) {
        resource_.alive_++;
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() override { resource_.alive_--; }

    wait::Outcome block() override {
        check(!took_, "an operation that had taken something was run again");
        return count(inner_->block());
    }

    [[nodiscard]] bool timed() const override { return inner_->timed(); }

    wait::Outcome block_until(wait::Clock::time_point look) override {
        check(!took_, "an operation that had taken something was run again");
        return count(inner_->block_until(look));
    }

    bool give_back(const wait::Outcome& outcome) noexcept override {
        check(!given_back_, "an outcome was given back twice");
        check(resource_.took(outcome) == took_, "another operation's outcome was given back");
        given_back_ = inner_->give_back(outcome);
        resource_.given_back_ += took_ && given_back_ ? 1 : 0;
        return given_back_;
    }

  private:
    wait::Outcome count(wait::Outcome outcome) {
        took_ = resource_.took(outcome);
        resource_.taken_ += took_ ? 1 : 0;
        return outcome;
    }

    Resource& resource_;
    std::unique_ptr<wait::Operation> inner_;
    bool took_ = false;
    bool given_back_ = false;
};

std::unique_ptr<wait::Operation> Resource::operation() {
    return std::make_unique<Counted>(*this, make_operation());
}

void Resource::supply() {
    if (make_one()) {
        supplied_++;
    }
}

void Resource::collect(const wait::Outcome& outcome) {
    if (took(outcome)) {
        collected_++;
    } else if (take_announced(outcome)) {
        taken_++;
        collected_++;
    }
}

void Resource::check_balance() const {
    check_equal(alive_, 0, "operations that were never destroyed");
    check_equal(collected_ + given_back_, taken_, "units collected or given back, of those taken");
    const int64_t gone = taken_ - (returns_ ? given_back_.load() : 0);
    check_equal(left() + gone, supplied_, "units there or gone, of those supplied");
}

namespace {

wait::Outcome outcome_of(int64_t result) {
    return {static_cast<int32_t>(result < 0 ? -errno : result), 0};
}

// ---- eventfd

class EventfdTake : public wait::Operation {
  public:
    explicit EventfdTake(int descriptor) : descriptor_(descriptor) {}
    wait::Outcome block() override {
        uint64_t one = 0;
        return outcome_of(read(descriptor_, &one, sizeof one));
    }
    bool give_back(const wait::Outcome& outcome) noexcept override {
        const uint64_t one = 1;
        return outcome.result <= 0 || write(descriptor_, &one, sizeof one) == sizeof one;
    }

  private:
    int descriptor_;
};

class EventfdTokens : public Resource {
  public:
    EventfdTokens() : Resource(true), descriptor_(eventfd(0, EFD_SEMAPHORE)) {}
    ~EventfdTokens() override { close(descriptor_); }

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        return std::make_unique<EventfdTake>(descriptor_);
    }
    bool make_one() override {
        const uint64_t one = 1;
        return write(descriptor_, &one, sizeof one) == sizeof one;
    }
    bool took(const wait::Outcome& outcome) const override { return outcome.result > 0; }
    int64_t left() const override {
        int64_t count = 0;
        uint64_t one = 0;
        fcntl(descriptor_, F_SETFL, O_NONBLOCK);
        while (read(descriptor_, &one, sizeof one) > 0) {
            count++;
        }
        return count;
    }

  private:
    int descriptor_;
};

// ---- futex

using Word = std::atomic<int32_t>;

long futex(Word& word, int operation, int value) {
    return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
}

void put(Word& word) {
    word++;
    futex(word, FUTEX_WAKE, 1);
}

class FutexTake : public wait::Operation {
  public:
    explicit FutexTake(Word& word) : word_(word) {}
    wait::Outcome block() override {
        for (int32_t count = word_; count > 0;) {
            if (word_.compare_exchange_weak(count, count - 1)) {
                return {1, 0};
            }
        }
        futex(word_, FUTEX_WAIT, 0); // woken, changed meanwhile, or interrupted: look again
        return {-EINTR, 0};
    }
    bool give_back(const wait::Outcome& outcome) noexcept override {
        if (outcome.result > 0) {
            put(word_);
        }
        return true;
    }

  private:
    Word& word_;
};

class FutexTokens : public Resource {
  public:
    FutexTokens() : Resource(true) {}

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        return std::make_unique<FutexTake>(word_);
    }
    bool make_one() override {
        put(word_);
        return true;
    }
    bool took(const wait::Outcome& outcome) const override { return outcome.result > 0; }
    int64_t left() const override { return word_; }

  private:
    Word word_{0};
};

// ---- pipe

class PipeTake : public wait::Operation {
  public:
    explicit PipeTake(std::array<int, 2> ends) : ends_(ends) {}
    wait::Outcome block() override {
        char byte = 0;
        return outcome_of(read(ends_[0], &byte, 1));
    }
    bool give_back(const wait::Outcome& outcome) noexcept override {
        return outcome.result <= 0 || write(ends_[1], "x", 1) == 1;
    }

  private:
    std::array<int, 2> ends_;
};

class PipeBytes : public Resource {
  public:
    PipeBytes() : Resource(true) { check(pipe(ends_.data()) == 0, "pipe()"); }
    ~PipeBytes() override {
        close(ends_[0]);
        close(ends_[1]);
    }

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        return std::make_unique<PipeTake>(ends_);
    }
    bool make_one() override { return written_++ < most && write(ends_[1], "x", 1) == 1; }
    bool took(const wait::Outcome& outcome) const override { return outcome.result > 0; }
    int64_t left() const override {
        std::array<char, most> bytes{};
        fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        return std::max<ssize_t>(read(ends_[0], bytes.data(), bytes.size()), 0);
    }

  private:
    static constexpr int most = 50'000; // below a pipe's capacity: the supplier never blocks

    std::array<int, 2> ends_{};
    std::atomic<int> written_{0};
};

// ---- System V

using sysv::MessageArrival;
using sysv::OwnedMessageSend;

class QueueMessages : public Resource {
  public:
    QueueMessages() : Resource(true) {}

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        return std::make_unique<MessageArrival>(queue_.id(), 0, 0);
    }
    bool make_one() override {
        // Half of the room at most: one that is given back always finds a place.
        return queue_.messages() < TemporaryQueue::capacity / 2 && queue_.send(made_++ % 2);
    }
    bool took(const wait::Outcome& outcome) const override {
        return outcome.result == MessageArrival::took_empty;
    }
    bool take_announced(const wait::Outcome& outcome) override {
        return outcome.result == MessageArrival::ready && queue_.receive();
    }
    int64_t left() const override { return queue_.messages(); }

  private:
    TemporaryQueue queue_;
    std::atomic<unsigned> made_{0};
};

class QueueRoom : public Resource {
  public:
    QueueRoom() : Resource(false) {
        while (queue_.send(1)) {
        }
        full_ = queue_.messages();
    }

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        return std::make_unique<OwnedMessageSend>(queue_.id(), TemporaryQueue::message(1), 1);
    }
    bool make_one() override { return queue_.messages() > 0 && queue_.receive(); }
    bool took(const wait::Outcome& outcome) const override { return outcome.result == 0; }
    int64_t left() const override { return full_ - queue_.messages(); }

  private:
    TemporaryQueue queue_;
    int64_t full_ = 0;
};

} // namespace

std::unique_ptr<Resource> tokens_in_eventfd() {
    return std::make_unique<EventfdTokens>();
}
std::unique_ptr<Resource> tokens_in_futex() {
    return std::make_unique<FutexTokens>();
}
std::unique_ptr<Resource> bytes_in_pipe() {
    return std::make_unique<PipeBytes>();
}
std::unique_ptr<Resource> messages_in_queue() {
    return std::make_unique<QueueMessages>();
}
std::unique_ptr<Resource> room_in_queue() {
    return std::make_unique<QueueRoom>();
}

} // namespace posix_ipc::test
