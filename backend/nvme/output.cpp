#include "backend/nvme/output.hpp"

#include "base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace pf::nvme {

std::byte* Output::extend(size_t bytes) {
    PF_ASSERT(bytes <= kChunkBytes, "too much for one chunk");
    if (chunks_.empty() || used_ + bytes > kChunkBytes) {
        chunks_.push_back(rt::IoBuffer::allocate(kChunkBytes));
        used_ = 0;
    }
    std::byte* at = chunks_.back().data() + used_;
    used_ += bytes;
    size_ += bytes;
    // What lies behind one another in a chunk is one part.
    if (!parts_.empty() && parts_.back().data() + parts_.back().size() == at)
        parts_.back() = ByteSpan(parts_.back().data(), parts_.back().size() + bytes);
    else
        parts_.emplace_back(at, bytes);
    return at;
}

void Output::copy(ByteSpan bytes) {
    while (!bytes.empty()) {
        const size_t n = std::min(bytes.size(), kChunkBytes);
        std::memcpy(extend(n), bytes.data(), n);
        bytes = bytes.subspan(n);
    }
}

void Output::borrow(rt::IoBuffer holder, ByteSpan data) {
    if (data.empty())
        return;
    parts_.push_back(data);
    held_.push_back(std::move(holder));
    size_ += data.size();
}

Bytes Output::flatten() const {
    Bytes out;
    out.reserve(size_);
    for (const ByteSpan part : parts_)
        out.insert(out.end(), part.begin(), part.end());
    return out;
}

void Output::clear() {
    parts_.clear();
    held_.clear();
    if (chunks_.size() > 1)
        chunks_.resize(1);
    used_ = 0;
    size_ = 0;
}

} // namespace pf::nvme
