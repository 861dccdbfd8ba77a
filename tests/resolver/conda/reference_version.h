#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <variant>
#include <vector>

/// conda's rules for parsed versions, written down as plainly as may be.
namespace kasane::resolver::reference {

constexpr long kInfinity = std::numeric_limits<long>::max();
using Item = std::variant<long, std::string>;
using Segments = std::vector<std::vector<Item>>;

inline int compare(const Item& a, const Item& b) {
  if (a.index() != b.index()) return std::holds_alternative<std::string>(a) ? -1 : 1;
  return a < b ? -1 : b < a ? 1 : 0;
}

inline Item item_at(const Segments& list, std::size_t segment, std::size_t item) {
  if (segment >= list.size() || item >= list[segment].size()) return 0L;
  return list[segment][item];
}

inline int compare(const Segments& a, const Segments& b) {
  for (std::size_t s = 0; s < std::max(a.size(), b.size()); ++s) {
    const std::size_t items =
        std::max(s < a.size() ? a[s].size() : 0, s < b.size() ? b[s].size() : 0);
    for (std::size_t i = 0; i < items; ++i) {
      if (const int order = compare(item_at(a, s, i), item_at(b, s, i))) return order;
    }
  }
  return 0;
}

inline bool starts_with(const Segments& version, const Segments& prefix) {
  const std::size_t last = prefix.size() - 1;
  for (std::size_t s = 0; s <= last; ++s) {
    const bool whole = s < last;
    const std::size_t known = s < version.size() ? version[s].size() : 0;
    const std::size_t items = whole ? std::max(prefix[s].size(), known) : prefix[s].size();
    for (std::size_t i = 0; i < items; ++i) {
      const Item a = item_at(version, s, i);
      const Item b = item_at(prefix, s, i);
      const bool last_item = !whole && i + 1 == prefix[s].size();
      if (last_item && std::holds_alternative<std::string>(b)) {
        return std::holds_alternative<std::string>(a) &&
               std::get<std::string>(a).starts_with(std::get<std::string>(b));
      }
      if (a != b) return false;
    }
  }
  return true;
}

}  // namespace kasane::resolver::reference
