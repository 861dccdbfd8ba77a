#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver {

enum class YamlKind : std::uint8_t {
  kMapStart,
  kMapEnd,
  kSequenceStart,
  kSequenceEnd,
  kScalar,
  kNull,
};

/// One step through a YAML document. Lines and columns count from 1.
struct YamlEvent {
  YamlKind kind = YamlKind::kNull;
  int line = 0;
  int column = 0;
  /// Of a scalar: its text as written, with quotes and escapes undone.
  std::string_view value;
};

/// The first document of a YAML text, flat: what stands between a start and its end is its content,
/// and in maps keys and values take turns. Scalars are not typed: `1.10` stays `1.10`. Borrows the
/// text. Anchors, aliases and tags are refused.
///
/// Block style with scalars on one line, which is what tools write, is read by a small scanner of
/// our own, some twenty times as fast as yaml-cpp; all else, and every text with an error, by
/// yaml-cpp. Both give the same tape.
class YamlTape {
 public:
  /// Errors are of kind kFailed and point into `file_name`.
  static YamlTape parse(std::string_view text, std::string_view file_name);

  const std::vector<YamlEvent>& events() const { return events_; }
  /// The index after the value (with all its content) that begins at `index`.
  std::size_t after(std::size_t index) const;

  /// The two readers alone, to be compared in tests. The simple one gives nothing for what it does
  /// not know.
  static std::optional<YamlTape> find_simple(std::string_view text);
  static YamlTape parse_any(std::string_view text, std::string_view file_name);

 private:
  friend class SimpleYamlScanner;
  friend class YamlEventCollector;

  std::vector<YamlEvent> events_;
  /// Scalars that are not a part of the text as it stands; a deque, so that they stay in place.
  std::deque<std::string> unquoted_;
};

}  // namespace kasane::resolver
