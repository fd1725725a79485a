#include "core/mapping.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <vector>

namespace posix_ipc {

namespace {

using Kind = ArgumentError::Kind;

/// Holds a region for as long as the process runs.
void keep_for_ever(std::shared_ptr<Region> region) {
    static auto& mutex = *std::make_unique<std::mutex>().release();
    static auto& kept = *std::make_unique<std::vector<std::shared_ptr<Region>>>().release();
    const std::scoped_lock lock(mutex);
    kept.push_back(std::move(region));
}

} // namespace

// ---- ArrayBuffers

bool Attachment::transferred(napi_env env) const {
    if (!living()) {
        return false;
    }
    const Napi::HandleScope scope(env);
    napi_value value = nullptr;
    bool empty = false;
    // One that was collected may have been transferred before: nobody can tell any more.
    return napi_get_reference_value(env, buffer, &value) != napi_ok || value == nullptr ||
           napi_is_detached_arraybuffer(env, value, &empty) != napi_ok || empty;
}

std::shared_ptr<Attachment> Buffers::attach(std::shared_ptr<Region> region, size_t skip,
                                            size_t length) {
    auto attachment = std::make_shared<Attachment>();
    attachment->owner = shared_from_this();
    attachment->region = std::move(region);
    living_.emplace(attachment.get(), attachment);
    // Where Node refuses it may have called the finaliser or not: the map owns the attachment.
    attachment->buffer =
        make(attachment->region->data() + skip, length, finalise, attachment.get(), 0);
    renew_guard();
    return attachment;
}

napi_ref Buffers::make(void* data, size_t length, napi_finalize finaliser, void* hint,
                       uint32_t references) {
    napi_value buffer = nullptr;
    napi_ref reference = nullptr;
    if (napi_create_external_arraybuffer(env_, data, length, finaliser, hint, &buffer) != napi_ok ||
        napi_create_reference(env_, buffer, references, &reference) != napi_ok) {
        throw Napi::Error::New(env_);
    }
    return reference;
}

void Buffers::finalise(napi_env env, void* /*data*/, void* hint) {
    auto* const ended = static_cast<Attachment*>(hint);
    const std::shared_ptr<Buffers> owner = ended->owner;
    if (ended->buffer != nullptr) {
        // A mapping may still have the attachment.
        napi_delete_reference(env, std::exchange(ended->buffer, nullptr));
    }
    owner->living_.erase(ended);
}

void Buffers::renew_guard() {
    auto guard = std::make_unique<Guard>(shared_from_this());
    Guard* const renewed = guard.get();
    guards_.emplace(renewed, std::move(guard));
    renewed->buffer = make(renewed, 1, guard_ended, renewed, 1);
    if (guard_ != nullptr) {
        napi_delete_reference(env_, std::exchange(guard_->buffer, nullptr));
    }
    guard_ = renewed;
}

/// Only the end of the environment ends the guard that stands.
void Buffers::guard_ended(napi_env env, void* /*data*/, void* hint) {
    auto* const ended = static_cast<Guard*>(hint);
    const std::shared_ptr<Buffers> owner = ended->owner;
    if (owner->guard_ == ended) {
        owner->guard_ = nullptr;
        owner->keep_transferred();
        napi_delete_reference(env, ended->buffer);
    }
    owner->guards_.erase(ended);
}

void Buffers::keep_transferred() const {
    for (const auto& [address, attachment] : living_) {
        if (attachment->transferred(env_)) {
            keep_for_ever(attachment->region);
        }
    }
}

// ---- one mapping

Bytes Mapping::part(size_t offset, size_t length) const {
    if (offset > length_) {
        throw ArgumentError(Kind::range, "offset", "within the mapping");
    }
    if (length > length_ - offset) {
        throw ArgumentError(Kind::range, "length", "within the mapping");
    }
    return bytes().subspan(offset, length);
}

Bytes Mapping::pages(size_t offset, size_t length, Rounding rounding, size_t page) const {
    const Bytes inside = part(offset, length);
    if (rounding == Rounding::none) {
        return inside;
    }
    auto begin = static_cast<size_t>(inside.data() - region_->data());
    size_t end = begin + inside.size();
    if (rounding == Rounding::outward) {
        begin -= begin % page;
        end += (page - end % page) % page;
    } else {
        begin += (page - begin % page) % page;
        end = std::max(begin, end - end % page);
    }
    return {region_->data() + begin, end - begin};
}

bool Mapping::writable() {
    if (!region_->writable()) {
        return false;
    }
    complete_ = complete_ || is_readable(&bytes().back());
    return complete_;
}

napi_value Mapping::buffer(napi_env env, Buffers& buffers) {
    napi_value value = nullptr;
    if (attachment_ && attachment_->living() &&
        napi_get_reference_value(env, attachment_->buffer, &value) == napi_ok && value != nullptr) {
        return value;
    }
    if (!writable()) {
        return nullptr;
    }
    attachment_ = buffers.attach(region_, skip_, length_);
    napi_get_reference_value(env, attachment_->buffer, &value);
    return value;
}

bool Mapping::at_rest(napi_env env) const {
    return !region_->in_use() && !(attachment_ && attachment_->transferred(env));
}

void Mapping::detach(napi_env env) {
    if (!attachment_ || attachment_->transferred(env)) {
        return;
    }
    napi_value value = nullptr;
    if (attachment_->living() &&
        napi_get_reference_value(env, attachment_->buffer, &value) == napi_ok) {
        attachment_->detached = napi_detach_arraybuffer(env, value) == napi_ok;
    }
}

int Mapping::resize(size_t length) {
    const int result = region_->resize(skip_ + length);
    if (result == 0) {
        length_ = length;
    }
    return result;
}

// ---- all of them

int32_t Mappings::add(Mapping mapping) {
    return mappings_.add(std::move(mapping)).value_or(-ENOMEM);
}

Mapping& Mappings::at(int32_t handle, const char* name) {
    Mapping* const found = mappings_.find(handle);
    if (found == nullptr) {
        throw ArgumentError(Kind::range, name, "the handle of an open mapping");
    }
    return *found;
}

template <>
Mapping* convert<Mapping*>(Environment& environment, napi_value value, const char* name) {
    return &environment.facility<Mappings>().at(convert<int32_t>(environment, value, name), name);
}

template <>
Mapping* from_word<Mapping*>(Environment& environment, double word, const char* name) {
    return &environment.facility<Mappings>().at(from_word<int32_t>(environment, word, name), name);
}

} // namespace posix_ipc
