#include "memory/pages.h"

#include <algorithm>
#include <cstdint>
#include <sys/mman.h>

#include "core/mapping.h"
#include "core/page_size.h"

namespace posix_ipc::memory {

namespace {

using Kind = ArgumentError::Kind;

// <linux/mman.h> of Linux 5.14; the C library's headers may be older.
constexpr int populate_read = 22;
constexpr int populate_write = 23;

using PagesCall = int (*)(void* address, size_t length, int argument);

/// Where a call may be cut: a multiple of 8 MiB and of a huge page, which has to be whole for most
/// advice, and which 'collapse' must not find in two halves.
size_t cut_unit(const Mapping& mapping) {
    const size_t transparent = page_size() * page_size() / 8; // a page of page table entries
    return std::max({size_t{8} << 20, transparent, mapping.page()});
}

/// The part of pages that is next. Neither it nor what is left is shorter than a unit, unless the
/// pages are: of less than a huge page there is nothing to collapse, which would be an error.
Bytes next_portion(Bytes pages, size_t unit) {
    if (pages.size() < 2 * unit) {
        return pages;
    }
    const auto begin = reinterpret_cast<uintptr_t>(pages.data());
    const size_t length = 2 * unit - begin % unit;
    return pages.size() < length + unit ? pages : pages.first(length);
}

/// A call about many pages, made portion by portion, so that it can be cancelled in between.
/// `before`: what is done for all of them before, where that fails for all of them or for none.
class InPortions : public wait::Operation {
  public:
    InPortions(const Mapping& mapping, Bytes pages, PagesCall call, int argument, PagesCall before)
        : use_(mapping.use()), unit_(cut_unit(mapping)), pages_(pages), call_(call),
          argument_(argument), before_(before) {}

    wait::Outcome block() override {
        if (before_ != nullptr && before_(pages_.data(), pages_.size(), argument_) != 0) {
            return {-errno, 0};
        }
        before_ = nullptr;
        const Bytes portion = next_portion(pages_, unit_);
        if (call_(portion.data(), portion.size(), argument_) != 0) {
            return {-errno, 0};
        }
        pages_ = pages_.subspan(portion.size());
        return {pages_.empty() ? 0 : -EINTR, 0};
    }

  private:
    RegionUse use_;
    size_t unit_;
    Bytes pages_;
    PagesCall call_;
    int argument_;
    PagesCall before_;
};

int32_t start(Environment& environment, Mapping& mapping, Bytes pages, PagesCall call, int argument,
              PagesCall before = nullptr) {
    return environment.waits().start(
        std::make_unique<InPortions>(mapping, pages, call, argument, before));
}

int32_t make(Bytes pages, PagesCall call, int argument) {
    return or_errno(call(pages.data(), pages.size(), argument));
}

Rounding rounding_of(int32_t value) {
    return value == 1 ? Rounding::outward : value == 2 ? Rounding::inward : Rounding::none;
}

// ---- msync

int32_t msync(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length,
              int32_t rounding, int32_t flags) {
    return make(mapping->pages(offset, length, rounding_of(rounding)), ::msync, flags);
}

int32_t msync_wait(Environment& environment, Mapping* mapping, size_t offset, size_t length,
                   int32_t rounding, int32_t flags) {
    return start(environment, *mapping, mapping->pages(offset, length, rounding_of(rounding)),
                 ::msync, flags);
}

// ---- madvise

/// Others (MADV_HWPOISON, MADV_GUARD_INSTALL, what later kernels bring) would make a touch of the
/// memory a signal that ends the process.
void check_advice(int advice) {
    constexpr int last_known = 25; // MADV_COLLAPSE
    if (advice < 0 || advice > last_known) {
        throw ArgumentError(Kind::range, "advice", "one that leaves the memory accessible");
    }
}

/// Of a part of a huge page the kernel takes no advice.
Bytes advised(const Mapping& mapping, size_t offset, size_t length, int32_t rounding) {
    return mapping.pages(offset, length, rounding_of(rounding), mapping.page());
}

int32_t madvise(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length,
                int32_t rounding, int32_t advice) {
    check_advice(advice);
    return make(advised(*mapping, offset, length, rounding), ::madvise, advice);
}

int32_t madvise_wait(Environment& environment, Mapping* mapping, size_t offset, size_t length,
                     int32_t rounding, int32_t advice) {
    check_advice(advice);
    return start(environment, *mapping, advised(*mapping, offset, length, rounding), ::madvise,
                 advice);
}

// ---- populating and locking

/// Brings pages into memory without changing what they are: a page of a private mapping that is
/// only read goes on following its file.
int populate(void* address, size_t length, int write) {
    const int result = ::madvise(address, length, write != 0 ? populate_write : populate_read);
    const bool is_too_new = result != 0 && errno == EINVAL;
    return is_too_new ? ::madvise(address, length, MADV_WILLNEED) : result;
}

int lock(void* address, size_t length, int flags) {
    return ::mlock2(address, length, static_cast<unsigned>(flags));
}

/// Locks the pages that are there. Where the limit is met, it locks none.
int lock_those_there(void* address, size_t length, int /*unused*/) {
    return ::mlock2(address, length, MLOCK_ONFAULT);
}

/// mlock(2) would copy the pages of a private mapping; this brings them in as they are.
int lock_as_is(void* address, size_t length, int /*unused*/) {
    const int result = lock_those_there(address, length, 0);
    return result == 0 ? populate(address, length, 0) : result;
}

int32_t populate_pages(Environment& /*environment*/, Mapping* mapping, bool write) {
    return make(mapping->pages(0, mapping->length(), Rounding::outward), populate, write ? 1 : 0);
}

int32_t populate_wait(Environment& environment, Mapping* mapping, bool write) {
    return start(environment, *mapping, mapping->pages(0, mapping->length(), Rounding::outward),
                 populate, write ? 1 : 0);
}

int32_t mlock2(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length,
               int32_t flags) {
    return make(mapping->pages(offset, length, Rounding::outward), lock, flags);
}

int32_t mlock_as_is(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length) {
    return make(mapping->pages(offset, length, Rounding::outward), lock_as_is, 0);
}

int32_t mlock_wait(Environment& environment, Mapping* mapping, size_t offset, size_t length,
                   bool as_is) {
    return start(environment, *mapping, mapping->pages(offset, length, Rounding::outward),
                 as_is ? lock_as_is : lock, 0, lock_those_there);
}

int32_t munlock(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length) {
    const Bytes pages = mapping->pages(offset, length, Rounding::outward);
    return or_errno(::munlock(pages.data(), pages.size()));
}

// ---- mincore

/// One byte per page, bit 0: the page is in memory. Answers how many pages there are.
int32_t mincore(Environment& /*environment*/, Mapping* mapping, size_t offset, size_t length,
                int32_t rounding, Bytes vec) {
    const Bytes pages = mapping->pages(offset, length, rounding_of(rounding));
    const size_t count = (pages.size() + page_size() - 1) / page_size();
    if (vec.size() < count) {
        throw ArgumentError(Kind::range, "vec", "one byte for each page, or longer");
    }
    const int result =
        ::mincore(pages.data(), pages.size(), reinterpret_cast<unsigned char*>(vec.data()));
    return result == 0 ? static_cast<int32_t>(count) : -errno;
}

} // namespace

void define_pages(Exports& exports) {
    const Napi::Env env(exports.environment().env());
    exports.value("pageSize", Napi::Number::New(env, static_cast<double>(page_size())));
    exports.function<msync>("msync", "mapping", "offset", "length", "rounding", "flags");
    exports.function<msync_wait>("msyncWait", "mapping", "offset", "length", "rounding", "flags");
    exports.function<madvise>("madvise", "mapping", "offset", "length", "rounding", "advice");
    exports.function<madvise_wait>("madviseWait", "mapping", "offset", "length", "rounding",
                                   "advice");
    exports.function<populate_pages>("populate", "mapping", "write");
    exports.function<populate_wait>("populateWait", "mapping", "write");
    exports.function<mlock2>("mlock2", "mapping", "offset", "length", "flags");
    exports.function<mlock_as_is>("mlockAsIs", "mapping", "offset", "length");
    exports.function<mlock_wait>("mlockWait", "mapping", "offset", "length", "as_is");
    exports.function<munlock>("munlock", "mapping", "offset", "length");
    exports.function<mincore>("mincore", "mapping", "offset", "length", "rounding", "vec");
}

} // namespace posix_ipc::memory
