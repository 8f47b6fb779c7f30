// Pack and unpack a unit for CopyUnit (proto/data_path.hpp): owned blocks, then their bitmap.
#pragma once

#include "backend/proto/data_path.hpp"
#include "backend/rt/io_buffer.hpp"
#include "backend/sds/store/block_store.hpp"
#include "base/result.hpp"

namespace pf::sds {

rt::IoBuffer pack_unit(const UnitImage& image);
// Protocol when the payload's length doesn't fit its bitmap.
Result<UnitImage> unpack_unit(ByteSpan payload);

} // namespace pf::sds
