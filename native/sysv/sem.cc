#include "sysv/sem.h"

#include <cstring>
#include <limits>
#include <memory>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "core/pause.h"
#include "core/system_call.h"
#include "sysv/sem_wait.h"
#include "sysv/values.h"

#ifndef SEM_STAT_ANY
constexpr int SEM_STAT_ANY = 20; // <linux/sem.h>; not in the headers of every libc
#endif

namespace posix_ipc::sysv {

namespace {

using Kind = ArgumentError::Kind;

/// The fourth argument of semctl(2): callers define it.
union semun {
    int val;
    semid_ds* buf;
    unsigned short* array;
    seminfo* info;
};

// The facade packs operations as three numbers of 16 bits each.
static_assert(sizeof(sembuf) == 6);

int32_t semget(Environment& /*environment*/, Key key, int32_t nsems, int32_t flags) {
    return or_errno(::semget(key.value, nsems, flags));
}

// ---- operating

// Some CPUs forget at each system call where the functions under way return to. So those that are
// called often make it with as few of them under way as can be: what is inlined is not by chance.

inline Sembufs operations_in(Bytes sops, size_t count) {
    if (count > sops.size() / sizeof(sembuf)) {
        throw ArgumentError(Kind::range, "sops", "at least \"nsops\" operations long");
    }
    Sembufs operations(count);
    if (count > 0) {
        std::memcpy(operations.all().data(), sops.data(), count * sizeof(sembuf));
    }
    return operations;
}

/// Without waiting.
int32_t semop_now(Environment& /*environment*/, int32_t semid, Bytes sops, size_t nsops) {
    Sembufs operations = operations_in(sops, nsops);
    operations.add_flag(IPC_NOWAIT);
    return operations.perform(semid);
}

/// One operation, without waiting. It is a number: what it adds, the semaphore, and the flags, of
/// 16 bits each from the lowest on.
int32_t semop_one(Environment& /*environment*/, int32_t semid, size_t packed) {
    sembuf operation{static_cast<unsigned short>(packed >> 16), static_cast<short>(packed),
                     static_cast<short>(packed >> 32 | IPC_NOWAIT)};
    return static_cast<int32_t>(system_call(SYS_semop, semid, &operation, 1));
}

constexpr Milliseconds for_ever{std::numeric_limits<double>::infinity()};

/// Blocks as in C: EINTR ends it.
[[gnu::always_inline]] inline int32_t semop(Environment& environment, int32_t semid, Bytes sops,
                                            size_t nsops) {
    Sembufs operations = operations_in(sops, nsops);
    if (environment.may_just_block()) {
        return operations.perform(semid);
    }
    SemaphoreOperation operation(semid, std::move(operations), false);
    return environment.block(operation, for_ever, true).result;
}

/// The same with a timeout, which is EAGAIN as in C.
int32_t semtimedop(Environment& environment, int32_t semid, Bytes sops, size_t nsops, Long seconds,
                   Long nanoseconds) {
    constexpr int64_t nanoseconds_per_second = 1'000'000'000;
    Sembufs operations = operations_in(sops, nsops);
    const timespec timeout{seconds.value, nanoseconds.value};
    if (seconds.value < 0 || nanoseconds.value < 0 || nanoseconds.value >= nanoseconds_per_second) {
        // It does not wait; which error it is, is the kernel's to say.
        return or_errno(::semtimedop(semid, operations.all().data(), nsops, &timeout));
    }
    SemaphoreOperation operation(semid, std::move(operations), false);
    const double milliseconds =
        static_cast<double>(seconds.value) * 1e3 + static_cast<double>(nanoseconds.value) / 1e6;
    const int32_t result = environment.block(operation, {milliseconds}, true).result;
    return result == -ETIMEDOUT ? -EAGAIN : result;
}

/// Blocks; signals do not end it, and the timeout is ETIMEDOUT.
int32_t semop_timed(Environment& environment, int32_t semid, Bytes sops, size_t nsops,
                    Milliseconds timeout) {
    Sembufs operations = operations_in(sops, nsops);
    const bool just_blocks = environment.may_just_block() && !timeout.finite();
    if (just_blocks) {
        const int32_t result = operations.perform(semid);
        if (result != -EINTR) {
            return result;
        }
    }
    SemaphoreOperation operation(semid, std::move(operations), just_blocks);
    return environment.block(operation, timeout, false, just_blocks).result;
}

/// Starts a wait.
int32_t semop_wait(Environment& environment, int32_t semid, Bytes sops, size_t nsops) {
    return environment.waits().start(
        std::make_unique<SemaphoreOperation>(semid, operations_in(sops, nsops), true));
}

/// See try_for().
int32_t semop_spin(Environment& /*environment*/, int32_t semid, Bytes sops, size_t nsops,
                   Milliseconds how_long) {
    Sembufs operations = operations_in(sops, nsops);
    operations.add_flag(IPC_NOWAIT);
    return try_for(how_long.duration(), -EAGAIN, [&] { return operations.perform(semid); });
}

// ---- control

int32_t status(Numbers values, int semid, int cmd) {
    semid_ds ds{};
    const int result = or_errno(::semctl(semid, 0, cmd, semun{.buf = &ds}));
    if (result >= 0) {
        fill_status(values, ds.sem_perm, ds.sem_otime, ds.sem_ctime, ds.sem_nsems);
    }
    return result;
}

int32_t limits(Numbers values, int semid, int cmd) {
    seminfo info{};
    const int result = or_errno(::semctl(semid, 0, cmd, semun{.info = &info}));
    if (result >= 0) {
        fill(values, info.semmap, info.semmni, info.semmns, info.semmnu, info.semmsl, info.semopm,
             info.semume, info.semusz, info.semvmx, info.semaem);
    }
    return result;
}

/// `values` is what the command fills, or reads (IPC_SET: uid, gid, mode); `value` is for SETVAL.
int32_t semctl(Environment& /*environment*/, int32_t semid, int32_t semnum, int32_t cmd,
               int32_t value, Numbers values) {
    switch (cmd) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        return status(values, semid, cmd);
    case IPC_INFO:
    case SEM_INFO:
        return limits(values, semid, cmd);
    case IPC_SET: {
        semid_ds ds{};
        read_owner(values, ds.sem_perm);
        return or_errno(::semctl(semid, semnum, cmd, semun{.buf = &ds}));
    }
    case GETALL:
    case SETALL:
        throw ArgumentError(Kind::range, "cmd", "for one value; use semctlAll");
    default:
        return or_errno(::semctl(semid, semnum, cmd, semun{.val = value}));
    }
}

/// How many values the kernel reads or writes, at most. The set may be removed, and its identifier
/// used again, between this and the call: there is room for the largest set that can be made.
int32_t most_values(int semid) {
    semid_ds ds{};
    const int known = or_errno(::semctl(semid, 0, IPC_STAT, semun{.buf = &ds}));
    if (known < 0 && known != -EACCES) {
        return known;
    }
    if (known < 0) {
        // Who may set values need not be allowed to read. SEMMSL may have been lowered since.
        ::semctl(semid, 0, SEM_STAT_ANY, semun{.buf = &ds}); // finds the index in the identifier
    }
    seminfo info{};
    const int limit = ::semctl(0, 0, IPC_INFO, semun{.info = &info}) < 0 ? 0 : info.semmsl;
    return std::max({static_cast<int>(ds.sem_nsems), limit, 1});
}

/// GETALL and SETALL; the values are numbers of 16 bits. Returns how many GETALL has written, which
/// is what the view holds at most.
int32_t semctl_all(Environment& /*environment*/, int32_t semid, int32_t cmd, Bytes view) {
    if (cmd != GETALL && cmd != SETALL) {
        throw ArgumentError(Kind::range, "cmd", "GETALL or SETALL");
    }
    const int32_t count = most_values(semid);
    if (count < 0) {
        return count;
    }
    std::vector<unsigned short> all(static_cast<size_t>(count));
    const size_t bytes = std::min(view.size(), all.size() * sizeof(unsigned short));
    if (cmd == SETALL && bytes > 0) {
        std::memcpy(all.data(), view.data(), bytes);
    }
    const int32_t result = or_errno(::semctl(semid, 0, cmd, semun{.array = all.data()}));
    if (cmd == GETALL && result >= 0 && bytes > 0) {
        std::memcpy(view.data(), all.data(), bytes);
    }
    return result;
}

} // namespace

void define_sem(Exports& exports) {
    exports.function<semget>("semget", "key", "nsems", "semflg");
    exports.function<semop>("semop", "semid", "sops", "nsops");
    exports.quick<semop>("semopQuick", "semid", "sops", "nsops");
    exports.function<semtimedop>("semtimedop", "semid", "sops", "nsops", "tv_sec", "tv_nsec");
    exports.quick<semop_now>("semopNow", "semid", "sops", "nsops");
    exports.quick<semop_one>("semopOne", "semid", "operation");
    exports.quick<semop_timed>("semopTimed", "semid", "sops", "nsops", "timeout");
    exports.function<semop_wait>("semopWait", "semid", "sops", "nsops");
    exports.function<semop_spin>("semopSpin", "semid", "sops", "nsops", "howLong");
    exports.function<semctl>("semctl", "semid", "semnum", "cmd", "value", "values");
    exports.function<semctl_all>("semctlAll", "semid", "cmd", "values");
}

} // namespace posix_ipc::sysv
