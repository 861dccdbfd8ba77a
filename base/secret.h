#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace kasane {

/// A password or token. Prints as `***`, whoever prints it; what it is must be asked for by name.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const Secret&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  std::string text_;
};

}  // namespace kasane

template <>
struct fmt::formatter<kasane::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const kasane::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};
