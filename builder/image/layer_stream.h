#pragma once

#include <memory>

#include "base/stream.h"
#include "registry/image_source.h"

namespace kasane::builder {

/// The tar of one layer, decoded. Blob digest
/// and diff id are both checked by the time that the end is reached; a mismatch is an Error of kind
/// kIntegrity. Must not outlive the image.
std::unique_ptr<ByteSource> open_layer(const registry::ImageSource& image, std::size_t index);

}  // namespace kasane::builder
