#include "posix/sem_memory.h"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/fd.h"

namespace posix_ipc::posix {

namespace {

/// Where the two libcs keep named semaphores. It is part of their ABI: programs share them.
#ifdef __GLIBC__
constexpr const char* prefix = "/dev/shm/sem.";
#else
constexpr const char* prefix = "/dev/shm/";
#endif

/// The shorter of the two, so that a name is good for both.
constexpr size_t longest_name = NAME_MAX - 4;

using Words = std::array<uint32_t, sizeof(sem_t) / sizeof(uint32_t)>;

Words words_of(const sem_t& semaphore) {
    Words words{};
    std::memcpy(words.data(), &semaphore, sizeof words);
    return words;
}

/// The word in which a semaphore of one process differs from one of many.
struct Flag {
    size_t place = 0;
    uint32_t of_process = 0;
    uint32_t shared = 0;
};

Flag find_flag() {
    sem_t one{};
    sem_t many{};
    sem_init(&one, 0, 0);
    sem_init(&many, 1, 0);
    const Words a = words_of(one);
    const Words b = words_of(many);
    for (size_t i = 0; i < a.size(); i++) {
        if (a[i] != b[i]) {
            return {i, a[i], b[i]};
        }
    }
    return {}; // no libc that is known: nothing passes for shared
}

/// 0, or the errno of a name that can be none.
int check_name(const std::string& name, std::string& path) {
    const size_t start = name.find_first_not_of('/');
    if (start == std::string::npos || name.find('/', start) != std::string::npos) {
        return EINVAL;
    }
    path = prefix + name.substr(start);
    return name.size() - start > longest_name ? ENAMETOOLONG : 0;
}

/// What the C library makes of an errno of sem_unlink.
int of_unlinking(int error) {
#ifdef __GLIBC__
    return error == EINVAL ? ENOENT : error == EPERM ? EACCES : error;
#else
    return error;
#endif
}

SharedSemaphore map(const Fd& file) {
    void* memory = mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (memory == MAP_FAILED) {
        return nullptr;
    }
    const auto unmap = [](sem_t* semaphore) { munmap(semaphore, sizeof *semaphore); };
    return {static_cast<sem_t*>(memory), unmap};
}

Opened opened(const Fd& file) {
    struct stat status {};
    if (fstat(file.get(), &status) != 0) {
        return {.error = errno};
    }
    // A touch of memory that the file does not have would be SIGBUS.
    if (!S_ISREG(status.st_mode) || status.st_size < static_cast<off_t>(sizeof(sem_t))) {
        return {.error = EINVAL};
    }
    SharedSemaphore semaphore = map(file);
    if (!semaphore) {
        return {.error = errno};
    }
    if (kind_of(semaphore.get()) == Kind::none) {
        return {.error = EINVAL};
    }
    return {0, std::move(semaphore), status.st_dev, status.st_ino};
}

Opened open_existing(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    return file ? opened(file) : Opened{.error = errno};
}

/// A file under a name of its own, until it is named; else it goes away.
class Temporary {
  public:
    explicit Temporary(mode_t mode) {
        do {
            uint64_t number = 0;
            if (getrandom(&number, sizeof number, 0) != sizeof number) {
                return;
            }
            path_ = "/dev/shm/.posix-ipc-sem." + std::to_string(number);
            file_ = Fd(open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
        } while (!file_ && errno == EEXIST);
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (file_ && !named_) {
            unlink(path_.c_str());
        }
    }

    /// Gives it its name, if nobody has it: 0 or an errno.
    int name(const std::string& path) {
        constexpr unsigned no_replace = 1; // RENAME_NOREPLACE, which musl does not declare
        named_ = syscall(SYS_renameat2, AT_FDCWD, path_.c_str(), AT_FDCWD, path.c_str(),
                         no_replace) == 0;
        if (named_ || (errno != EINVAL && errno != ENOSYS)) {
            return named_ ? 0 : errno;
        }
        // The file system cannot do that. Two names for a while are as good.
        return link(path_.c_str(), path.c_str()) == 0 ? 0 : errno;
    }

    [[nodiscard]] const Fd& file() const { return file_; }

  private:
    std::string path_;
    Fd file_;
    bool named_ = false;
};

/// The bytes of a new semaphore; writing them reserves the memory. 0 or an errno.
int fill(const Fd& file, unsigned value) {
    sem_t semaphore{};
    if (sem_init(&semaphore, 1, value) != 0) {
        return errno;
    }
    const ssize_t written = pwrite(file.get(), &semaphore, sizeof semaphore, 0);
    if (written < 0) {
        return errno;
    }
    return written == sizeof semaphore ? 0 : ENOSPC;
}

Opened create(const std::string& path, const Opening& opening) {
    Temporary temporary(opening.mode);
    if (!temporary.file()) {
        return {.error = errno};
    }
    if (opening.exact && fchmod(temporary.file().get(), opening.mode) != 0) {
        return {.error = errno};
    }
    if (const int error = fill(temporary.file(), opening.value); error != 0) {
        return {.error = error};
    }
    Opened made = opened(temporary.file());
    if (made.error == 0) {
        made.error = temporary.name(path);
    }
    return made;
}

} // namespace

Kind kind_of(const sem_t* semaphore) {
    static const Flag flag = find_flag();
    uint32_t word = 0;
    const auto* bytes = reinterpret_cast<const std::byte*>(semaphore);
    std::memcpy(&word, bytes + flag.place * sizeof word, sizeof word);
    if (word == flag.shared) {
        return flag.shared == flag.of_process ? Kind::none : Kind::shared;
    }
    return word == flag.of_process ? Kind::of_process : Kind::none;
}

bool has_known_words() {
#ifdef __GLIBC__
    // The value, how many wait, and FUTEX_PRIVATE_FLAG, which stands for "shared". A call must
    // leave alone who waits; the semaphore has a waiter that does not exist.
    constexpr uint32_t shared = FUTEX_PRIVATE_FLAG;
    static const bool known = [] {
        sem_t probe{};
        sem_init(&probe, 1, 5);
        const bool made = words_of(probe) == Words{5, 0, shared};
        const Words waited_for{5, 1, shared};
        std::memcpy(&probe, waited_for.data(), sizeof probe);
        int value = 0;
        const bool counted = sem_getvalue(&probe, &value) == 0 && value == 5;
        const bool taken = sem_trywait(&probe) == 0 && words_of(probe) == Words{4, 1, shared};
        return made && counted && taken && sem_post(&probe) == 0 && words_of(probe) == waited_for;
    }();
    return known;
#else
    return false;
#endif
}

Opened open_semaphore(const std::string& name, const Opening& opening) {
    std::string path;
    if (const int error = check_name(name, path); error != 0) {
        return {.error = error};
    }
    for (;;) {
        if (!opening.create || !opening.exclusive) {
            Opened found = open_existing(path);
            if (found.error != ENOENT || !opening.create) {
                return found;
            }
        }
        if (opening.value > SEM_VALUE_MAX) {
            return {.error = EINVAL};
        }
        Opened made = create(path, opening);
        if (made.error != EEXIST || opening.exclusive) {
            return made;
        }
    }
}

int unlink_semaphore(const std::string& name) {
    std::string path;
    if (const int error = check_name(name, path); error != 0) {
        return of_unlinking(error);
    }
    return unlink(path.c_str()) == 0 ? 0 : of_unlinking(errno);
}

} // namespace posix_ipc::posix
