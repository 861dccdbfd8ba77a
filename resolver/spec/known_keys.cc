#include "resolver/spec/known_keys.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/suggest.h"

namespace kasane::resolver {

void check_keys(const SpecText& text, const YamlNode& map, std::span<const std::string> known,
                std::string_view where, ReadingContext& context) {
  std::vector<std::string> missing;
  for (const std::string& key : known) {
    if (map.find_entry(key) == nullptr) missing.push_back(key);
  }
  for (const YamlEntry& entry : map.entries) {
    const std::string& key = entry.key.text;
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const SourcePlace place = place_of(text, entry.key);
    if (const auto meant = find_suggestion(key, missing)) {
      throw error_at(place, fmt::format("unknown key `{}` in {}", key, where))
          .hint(fmt::format("did you mean `{}`?", *meant));
    }
    context.warn(place, "unknown-key", fmt::format("the unknown key `{}` is passed over", key));
  }
}

}  // namespace kasane::resolver
