#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include <napi.h>

#include "core/arguments.h"
#include "core/environment.h"
#include "core/handles.h"
#include "core/page_size.h"
#include "core/region.h"

namespace posix_ipc {

class Buffers;

/// How a part of a mapping becomes one of pages.
enum class Rounding : int8_t {
    none,    ///< as it is: the kernel answers EINVAL where it does not begin with a page
    outward, ///< all pages that it touches
    inward,  ///< the pages that lie inside of it
};

/// An external ArrayBuffer over a region. It lives until the ArrayBuffer's memory is finalised:
/// longer than the ArrayBuffer itself, if that was transferred.
struct Attachment {
    std::shared_ptr<Buffers> owner;
    std::shared_ptr<Region> region;
    napi_ref buffer = nullptr; // weak; nullptr: its memory was finalised
    bool detached = false;     // by us: its memory was finalised with it

    /// Whether there is an ArrayBuffer over the memory: this one, or one that has taken it over.
    [[nodiscard]] bool living() const { return buffer != nullptr && !detached; }
    /// Whether another ArrayBuffer may have taken the memory over.
    [[nodiscard]] bool transferred(napi_env env) const;
};

/// The ArrayBuffers over regions that one environment has made.
///
/// Node finalises them before anything else when the environment ends, even those whose memory
/// lives on in a buffer that was transferred, perhaps to another thread. It begins with the
/// youngest. So the youngest is always one of our own, the guard, which nobody else has: when it is
/// finalised, the regions of transferred buffers are kept for ever.
class Buffers : public std::enable_shared_from_this<Buffers> {
  public:
    explicit Buffers(napi_env env) : env_(env) {}
    Buffers(const Buffers&) = delete;
    Buffers& operator=(const Buffers&) = delete;
    ~Buffers() = default;

    /// A new ArrayBuffer: it begins `skip` bytes into the region. Throws Napi::Error.
    std::shared_ptr<Attachment> attach(std::shared_ptr<Region> region, size_t skip, size_t length);

  private:
    struct Guard {
        explicit Guard(std::shared_ptr<Buffers> buffers) : owner(std::move(buffers)) {}
        std::shared_ptr<Buffers> owner;
        napi_ref buffer = nullptr;
    };

    /// An external ArrayBuffer, and a reference to it.
    napi_ref make(void* data, size_t length, napi_finalize finaliser, void* hint,
                  uint32_t references);
    static void finalise(napi_env env, void* data, void* hint);
    static void guard_ended(napi_env env, void* data, void* hint);
    void renew_guard();
    void keep_transferred() const;

    napi_env env_;
    std::unordered_map<Attachment*, std::shared_ptr<Attachment>> living_;
    std::unordered_map<Guard*, std::unique_ptr<Guard>> guards_;
    Guard* guard_ = nullptr;
};

/// What JavaScript holds by a handle: a window of a region.
class Mapping {
  public:
    /// `complete`: each byte of the window can be touched. A view over memory beyond the end of a
    /// file would end the process, so there is none until the file has grown.
    Mapping(std::shared_ptr<Region> region, size_t skip, size_t length, bool complete = true)
        : region_(std::move(region)), skip_(skip), length_(length), complete_(complete) {}

    [[nodiscard]] size_t length() const { return length_; }
    [[nodiscard]] Region& region() const { return *region_; }
    [[nodiscard]] Bytes bytes() const { return {region_->data() + skip_, length_}; }
    /// A part of the window; ArgumentError where it does not lie inside.
    [[nodiscard]] Bytes part(size_t offset, size_t length) const;
    /// The same as pages of that size; those at its edges may reach beyond the window, not beyond
    /// the region.
    [[nodiscard]] Bytes pages(size_t offset, size_t length, Rounding rounding,
                              size_t page = page_size()) const;
    /// The size of the pages that the memory has.
    [[nodiscard]] size_t page() const { return std::max(page_size(), region_->unit()); }
    /// Whether the memory can be written without a signal that would end the process.
    [[nodiscard]] bool writable();
    /// Keeps the memory in its place for a native wait.
    [[nodiscard]] RegionUse use() const { return RegionUse(region_); }

    /// The ArrayBuffer over the window; nullptr where there may be none.
    napi_value buffer(napi_env env, Buffers& buffers);
    /// Whether the memory may be moved or made inaccessible: no native wait uses it, and no buffer
    /// that was transferred.
    [[nodiscard]] bool at_rest(napi_env env) const;
    /// Empties the ArrayBuffer and all of its views.
    void detach(napi_env env);
    /// mremap(2), to another length of the window. The caller has detached the buffer.
    int resize(size_t length);
    int protect(int protection) { return region_->protect(protection); }

  private:
    std::shared_ptr<Region> region_;
    size_t skip_;
    size_t length_;
    bool complete_;
    std::shared_ptr<Attachment> attachment_;
};

/// The mappings of one environment, by handle. They go with it, after the waits that use them.
class Mappings : public Facility {
  public:
    explicit Mappings(Environment& environment)
        : buffers_(std::make_shared<Buffers>(environment.env())) {}

    /// The handle, or -ENOMEM.
    int32_t add(Mapping mapping);
    /// ArgumentError if there is none. Valid until the next one is added.
    Mapping& at(int32_t handle, const char* name);
    void remove(int32_t handle) { mappings_.remove(handle); }
    Buffers& buffers() { return *buffers_; }

  private:
    Handles<Mapping> mappings_;
    std::shared_ptr<Buffers> buffers_;
};

/// The mapping of a handle; never nullptr.
template <>
Mapping* convert<Mapping*>(Environment& environment, napi_value value, const char* name);
template <>
Mapping* from_word<Mapping*>(Environment& environment, double word, const char* name);

} // namespace posix_ipc
