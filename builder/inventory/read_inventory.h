#pragma once

#include <optional>

#include "builder/inventory/inventory.h"
#include "registry/image_store.h"

namespace kasane::builder {

/// The inventory of an image that kasane built, read out of its topmost layers and nothing else.
/// Nothing for any other image.
std::optional<Inventory> read_inventory(const registry::ImageSource& image);

}  // namespace kasane::builder
