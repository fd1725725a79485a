#include "memory/mmap.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <linux/magic.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/mapping.h"
#include "core/page_size.h"

namespace posix_ipc::memory {

namespace {

using Kind = ArgumentError::Kind;

constexpr int huge_shift = 26; // MAP_HUGE_SHIFT
constexpr int huge_mask = 0x3f;

size_t round_up(size_t length, size_t unit) {
    return (length + unit - 1) / unit * unit;
}

/// The size of the huge pages that MAP_HUGETLB takes where no other is asked for.
size_t default_huge_page() {
    std::ifstream meminfo("/proc/meminfo");
    for (std::string word; meminfo >> word;) {
        size_t kibibytes = 0;
        if (word == "Hugepagesize:" && meminfo >> kibibytes) {
            return kibibytes * 1024;
        }
    }
    return page_size();
}

/// What is mapped.
struct Object {
    /// What a mapping's length and offset are multiples of: the size of its pages.
    size_t unit = page_size();
    /// Bytes that have something behind them, as far as the file tells.
    size_t size = std::numeric_limits<size_t>::max();
};

Object anonymous(int flags) {
    const int asked = (flags >> huge_shift) & huge_mask;
    const size_t huge = asked == 0 ? default_huge_page() : size_t{1} << asked;
    return {.unit = (flags & MAP_HUGETLB) == 0 ? page_size() : huge};
}

Object object_of(int fd, int flags) {
    if ((flags & MAP_ANONYMOUS) != 0) {
        return anonymous(flags);
    }
    Object object;
    struct stat status {};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return object;
    }
    // Only where blocks are larger than pages they may be huge pages.
    struct statfs system {};
    if (static_cast<size_t>(status.st_blksize) > page_size() && fstatfs(fd, &system) == 0 &&
        system.f_type == HUGETLBFS_MAGIC) {
        object.unit = static_cast<size_t>(system.f_bsize);
    }
    object.size = round_up(static_cast<size_t>(status.st_size), page_size());
    return object;
}

/// Flags that would replace memory of others, or that grow by themselves.
void check_flags(int flags) {
    if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN)) != 0) {
        throw ArgumentError(Kind::range, "flags",
                            "without MAP_FIXED, MAP_FIXED_NOREPLACE and MAP_GROWSDOWN: the kernel "
                            "chooses the address");
    }
}

/// Maps what begins `skip` bytes before the window.
int32_t map(Environment& environment, size_t length, int prot, int flags, int fd, size_t offset,
            size_t skip, const Object& object) {
    check_flags(flags);
    void* const address =
        ::mmap(nullptr, skip + length, prot, flags, fd, static_cast<off_t>(offset - skip));
    if (address == MAP_FAILED) {
        return -errno;
    }
    auto region =
        std::make_shared<Region>(Region::Origin::mmap, address, skip + length, prot, object.unit);
    return environment.facility<Mappings>().add(
        Mapping(std::move(region), skip, length, offset + length <= object.size));
}

/// As the system call: the offset is a multiple of the page size.
int32_t mmap(Environment& environment, size_t length, int32_t prot, int32_t flags, int32_t fd,
             size_t offset) {
    return map(environment, length, prot, flags, fd, offset, 0, object_of(fd, flags));
}

/// A window at any offset. `whole`: of an object that this process has just made, of that length,
/// in pages of the usual size, so that nothing has to be asked.
int32_t mmap_window(Environment& environment, size_t length, int32_t prot, int32_t flags,
                    int32_t fd, size_t offset, bool whole) {
    const Object object = whole ? Object{} : object_of(fd, flags);
    const size_t skip = length == 0 ? 0 : offset % object.unit;
    return map(environment, length, prot, flags, fd, offset, skip, object);
}

/// Empties the buffer. The memory goes when nobody else uses it.
void munmap(Environment& environment, int32_t handle) {
    auto& mappings = environment.facility<Mappings>();
    mappings.at(handle, "mapping").detach(environment.env());
    mappings.remove(handle);
}

/// Forgets a mapping whose owner was collected; its buffer lives as long as somebody has it.
void release_mapping(Environment& environment, int32_t handle) {
    environment.facility<Mappings>().remove(handle);
}

/// The ArrayBuffer, or null where there may be none.
napi_value mapping_buffer(Environment& environment, Mapping* mapping) {
    napi_value buffer =
        mapping->buffer(environment.env(), environment.facility<Mappings>().buffers());
    return buffer == nullptr ? Napi::Env(environment.env()).Null() : buffer;
}

int32_t mprotect(Environment& environment, Mapping* mapping, int32_t prot) {
    constexpr int both = PROT_READ | PROT_WRITE;
    const bool loses = (prot & both) != both;
    if (loses && !mapping->at_rest(environment.env())) {
        return -EBUSY;
    }
    const int result = mapping->protect(prot);
    if (result == 0 && loses) {
        mapping->detach(environment.env());
    }
    return result;
}

/// -ENXIO: there is nothing behind the last byte. The length is then what it was.
int32_t mremap(Environment& environment, Mapping* mapping, size_t length) {
    const size_t before = mapping->length();
    if (length == 0) {
        return -EINVAL;
    }
    if (!mapping->at_rest(environment.env())) {
        return -EBUSY;
    }
    if ((mapping->region().protection() & PROT_READ) == 0) {
        return -EACCES; // nobody could tell whether the new pages are there
    }
    mapping->detach(environment.env());
    const int result = mapping->resize(length);
    if (result == 0 && length > before && !is_readable(mapping->bytes().data() + length - 1)) {
        mapping->resize(before);
        return -ENXIO;
    }
    return result;
}

int64_t read_mapping(Environment& /*environment*/, Mapping* mapping, size_t offset, Bytes into) {
    const Bytes from = mapping->part(offset, into.size());
    return copy_safely(into.data(), from.data(), from.size());
}

int64_t write_mapping(Environment& /*environment*/, Mapping* mapping, size_t offset, Bytes from) {
    const Bytes into = mapping->part(offset, from.size());
    return copy_safely(into.data(), from.data(), from.size());
}

} // namespace

void define_mmap(Exports& exports) {
    exports.function<mmap>("mmap", "length", "prot", "flags", "fd", "offset");
    exports.function<mmap_window>("mmapWindow", "length", "prot", "flags", "fd", "offset", "whole");
    exports.function<munmap>("munmap", "mapping");
    exports.function<release_mapping>("releaseMapping", "mapping");
    exports.function<mapping_buffer>("mappingBuffer", "mapping");
    exports.function<mprotect>("mprotect", "mapping", "prot");
    exports.function<mremap>("mremap", "mapping", "new_size");
    exports.function<read_mapping>("readMapping", "mapping", "offset", "memory");
    exports.function<write_mapping>("writeMapping", "mapping", "offset", "data");
}

} // namespace posix_ipc::memory
