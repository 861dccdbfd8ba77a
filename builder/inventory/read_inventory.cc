#include "builder/inventory/read_inventory.h"

#include "base/archive/tar_reader.h"
#include "base/codec.h"
#include "builder/image/layer_stream.h"

namespace kasane::builder {
namespace {

constexpr std::size_t kLargestInventory = std::size_t{512} << 20;

std::optional<Inventory> find_in_layer(const registry::ImageSource& image, std::size_t layer) {
  const auto plain = open_layer(image, layer);
  TarReader tar(*plain);
  std::optional<std::string> compressed;
  while (const auto entry = tar.next()) {
    if (entry->type != TarEntry::Type::kFile) continue;
    if (!entry->path.ends_with("/" + std::string(kInventoryPath))) continue;
    compressed = read_all(tar, kLargestInventory, "the inventory");
  }
  // Only now has the whole layer been read, and its digest been checked.
  if (!compressed) return std::nullopt;
  StringSource source(*compressed);
  const auto text = decompress(Codec::kGzip, source);
  return Inventory::parse(read_all(*text, kLargestInventory, "the inventory"));
}

}  // namespace

std::optional<Inventory> read_inventory(const registry::ImageSource& image) {
  if (!image.config().labels().contains("io.kasane.environment.id")) return std::nullopt;
  const auto& layers = image.manifest().layers;
  for (std::size_t i = layers.size(); i-- > 0;) {
    if (layers[i].annotations.contains("io.kasane.layer.key")) continue;
    if (auto inventory = find_in_layer(image, i)) return inventory;
  }
  return std::nullopt;
}

}  // namespace kasane::builder
