#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace posix_ipc {

/// Pages of the address space that somebody owns. They are given back when the last owner goes: the
/// mapping that JavaScript holds, each ArrayBuffer over them, each native wait that uses them.
class Region {
  public:
    /// How the pages came, and how they go: munmap(2), shmdt(2).
    enum class Origin { mmap, shmat };

    /// `unit`: what lengths are multiples of, where pages are huge.
    Region(Origin origin, void* address, size_t length, int protection, size_t unit = 1)
        : origin_(origin), data_(static_cast<std::byte*>(address)), unit_(unit),
          length_(rounded(length)), protection_(protection) {}
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    ~Region();

    [[nodiscard]] std::byte* data() const { return data_; }
    [[nodiscard]] size_t length() const { return length_; }
    /// What its length is a multiple of: of huge pages their size.
    [[nodiscard]] size_t unit() const { return unit_; }
    [[nodiscard]] int protection() const { return protection_; }
    [[nodiscard]] bool writable() const;
    /// Whether a native wait uses the memory now.
    [[nodiscard]] bool in_use() const { return uses_ > 0; }

    // 0, or a negated errno. Whoever calls them has seen to it that nobody uses the memory.
    int protect(int protection);
    int resize(size_t length);

  private:
    friend class RegionUse;

    [[nodiscard]] size_t rounded(size_t length) const {
        return (length + unit_ - 1) / unit_ * unit_;
    }

    Origin origin_;
    std::byte* data_;
    size_t unit_;
    size_t length_;
    int protection_;
    std::atomic<int> uses_{0};
};

/// What a native wait holds: the memory stays where it is, and stays accessible.
class RegionUse {
  public:
    explicit RegionUse(std::shared_ptr<Region> region) : region_(std::move(region)) {
        region_->uses_++;
    }
    RegionUse(RegionUse&& other) noexcept = default;
    RegionUse(const RegionUse&) = delete;
    RegionUse& operator=(const RegionUse&) = delete;
    RegionUse& operator=(RegionUse&&) = delete;
    ~RegionUse() {
        if (region_) {
            region_->uses_--;
        }
    }

  private:
    std::shared_ptr<Region> region_;
};

/// Copies between memory of which either side may have gone: a file that was truncated, a page
/// without access. Where memcpy would end the process it answers -EFAULT.
/// How many bytes were copied, or a negated errno.
ssize_t copy_safely(std::byte* to, const std::byte* from, size_t length);

/// Whether a byte can be read.
bool is_readable(const std::byte* address);

} // namespace posix_ipc
