#include <sys/ipc.h>
#include <sys/sem.h>

#include "resources.h"
#include "support.h"

#include "sysv/sem_wait.h"

namespace posix_ipc::test {

namespace {

/// One set of two semaphores; an operation takes from both. The second one stays as it is.
class SemaphoreUnits : public Resource {
  public:
    SemaphoreUnits() : Resource(true), id_(semget(IPC_PRIVATE, 2, 0600)) {
        check(id_ >= 0, "semget()");
    }
    ~SemaphoreUnits() override { semctl(id_, 0, IPC_RMID); }

  protected:
    std::unique_ptr<wait::Operation> make_operation() override {
        sysv::Sembufs operations(2);
        operations.all()[0] = {0, -1, SEM_UNDO};
        operations.all()[1] = {1, 0, 0};
        return std::make_unique<sysv::SemaphoreOperation>(id_, std::move(operations), true);
    }
    bool make_one() override {
        constexpr int plenty = 16'000; // below SEMVMX: what is given back always finds a place
        sembuf post{0, 1, 0};
        return units() < plenty && semop(id_, &post, 1) == 0;
    }
    [[nodiscard]] bool took(const wait::Outcome& outcome) const override {
        return outcome.result == 0;
    }
    [[nodiscard]] int64_t left() const override { return units(); }

  private:
    [[nodiscard]] int units() const { return semctl(id_, 0, GETVAL); }

    int id_;
};

} // namespace

std::unique_ptr<Resource> units_in_semaphore() {
    return std::make_unique<SemaphoreUnits>();
}

} // namespace posix_ipc::test
