#include "sysv/shm.h"

#include <memory>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "core/mapping.h"
#include "core/page_size.h"
#include "sysv/values.h"

#ifndef SHM_STAT_ANY
constexpr int SHM_STAT_ANY = 15; // <linux/shm.h>; not in the headers of every libc
#endif

namespace posix_ipc::sysv {

namespace {

using Kind = ArgumentError::Kind;

int32_t shmget(Environment& /*environment*/, Key key, size_t size, int32_t flags) {
    constexpr int unsafe = SHM_HUGETLB | SHM_NORESERVE;
    if ((flags & unsafe) == unsafe) {
        throw ArgumentError(Kind::range, "shmflg",
                            "without SHM_NORESERVE where SHM_HUGETLB is: a touch would end the "
                            "process when the pool of huge pages is empty");
    }
    return or_errno(::shmget(key.value, size, flags));
}

int protection_of(int flags) {
    const int access = (flags & SHM_RDONLY) != 0 ? PROT_READ : PROT_READ | PROT_WRITE;
    return (flags & SHM_EXEC) != 0 ? access | PROT_EXEC : access;
}

/// The handle of a new mapping, and in `values` its length. The kernel chooses the address: see
/// docs.
int32_t shmat(Environment& environment, int32_t shmid, int32_t flags, Numbers values) {
    void* const address = ::shmat(shmid, nullptr, flags);
    // shmat(2) answers that where it fails: there is no pointer that it could be compared with.
    if (address == reinterpret_cast<void*>(-1)) { // NOLINT(performance-no-int-to-ptr)
        return -errno;
    }
    // Asked now: a segment that is attached cannot go, nor its identifier name another one.
    shmid_ds ds{};
    const int result = or_errno(::shmctl(shmid, IPC_STAT, &ds));
    if (result < 0) {
        shmdt(address);
        return result;
    }
    auto region = std::make_shared<Region>(Region::Origin::shmat, address, ds.shm_segsz,
                                           protection_of(flags), page_size());
    fill(values, ds.shm_segsz);
    return environment.facility<Mappings>().add(Mapping(std::move(region), 0, ds.shm_segsz));
}

// ---- control

int32_t status(Numbers values, int shmid, int cmd) {
    shmid_ds ds{};
    const int result = or_errno(::shmctl(shmid, cmd, &ds));
    if (result >= 0) {
        fill_status(values, ds.shm_perm, ds.shm_segsz, ds.shm_atime, ds.shm_dtime, ds.shm_ctime,
                    ds.shm_cpid, ds.shm_lpid, ds.shm_nattch);
    }
    return result;
}

/// shmmax and shmall go beyond what a double keeps: each as its high and its low half.
int32_t limits(Numbers values, int shmid, int cmd) {
    shminfo info{};
    const int result = or_errno(::shmctl(shmid, cmd, reinterpret_cast<shmid_ds*>(&info)));
    if (result >= 0) {
        constexpr int half = 32;
        fill(values, info.shmmax >> half, static_cast<uint32_t>(info.shmmax), info.shmmin,
             info.shmmni, info.shmseg, info.shmall >> half, static_cast<uint32_t>(info.shmall));
    }
    return result;
}

int32_t usage(Numbers values, int shmid, int cmd) {
    shm_info info{};
    const int result = or_errno(::shmctl(shmid, cmd, reinterpret_cast<shmid_ds*>(&info)));
    if (result >= 0) {
        fill(values, info.used_ids, info.shm_tot, info.shm_rss, info.shm_swp, info.swap_attempts,
             info.swap_successes);
    }
    return result;
}

/// `values` is what the command fills, or reads (IPC_SET: uid, gid, mode).
int32_t shmctl(Environment& /*environment*/, int32_t shmid, int32_t cmd, Numbers values) {
    switch (cmd) {
    case IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY:
        return status(values, shmid, cmd);
    case IPC_INFO:
        return limits(values, shmid, cmd);
    case SHM_INFO:
        return usage(values, shmid, cmd);
    case IPC_SET: {
        shmid_ds ds{};
        read_owner(values, ds.shm_perm);
        return or_errno(::shmctl(shmid, cmd, &ds));
    }
    default: {
        shmid_ds unused{};
        return or_errno(::shmctl(shmid, cmd, &unused));
    }
    }
}

} // namespace

void define_shm(Exports& exports) {
    exports.function<shmget>("shmget", "key", "size", "shmflg");
    exports.function<shmat>("shmat", "shmid", "shmflg", "values");
    exports.function<shmctl>("shmctl", "shmid", "cmd", "values");
}

} // namespace posix_ipc::sysv
