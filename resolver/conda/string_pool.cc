#include "resolver/conda/string_pool.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace kasane::resolver {
namespace {

/// Chunks grow, since most pools are small and some are large.
constexpr std::size_t kFirstChunk = 512;
constexpr std::size_t kLastChunk = std::size_t{1} << 18;
constexpr std::uint32_t kEmpty = 0xffffffff;

}  // namespace

StringPool::StringPool() : slots_(32) {}

std::string_view StringPool::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > free_) {
    const std::size_t usual =
        std::min(kFirstChunk << std::min<std::size_t>(chunks_.size(), 20), kLastChunk);
    free_ = std::max(usual, text.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(free_));
    // The part that is used grows from the back, so that one number tells where it begins.
  }
  free_ -= text.size();
  char* place = chunks_.back().get() + free_;
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

void StringPool::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == kEmpty) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].id != kEmpty) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::uint32_t StringPool::id_of(std::string_view text) {
  if (texts_.size() * 2 >= slots_.size()) grow();
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id != kEmpty) {
    if (slots_[at].hash == hash && texts_[slots_[at].id] == text) return slots_[at].id;
    at = (at + 1) & mask;
  }
  const auto id = static_cast<std::uint32_t>(texts_.size());
  slots_[at] = {hash, id};
  texts_.push_back(keep(text));
  return id;
}

}  // namespace kasane::resolver
