#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace kasane::resolver {

/// Keeps each distinct text once and numbers it in order of arrival. Views stay valid as long as
/// the pool. Not thread-safe.
class StringPool {
 public:
  StringPool();
  std::uint32_t id_of(std::string_view text);
  std::string_view text_of(std::uint32_t id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::string_view keep(std::string_view text);
  void grow();

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id = 0xffffffff;
  };
  std::vector<Slot> slots_;
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t free_ = 0;
};

}  // namespace kasane::resolver
