#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kasane::resolver::pypi {

/// An `<a>` of a page: its attributes, with names in lower case and character references replaced.
struct HtmlLink {
  std::map<std::string, std::string, std::less<>> attributes;

  std::optional<std::string_view> find(std::string_view name) const;
};

/// What an HTML page holds that matters to an index. Other tags, texts, comments, scripts and
/// styles are passed over.
struct HtmlLinks {
  std::vector<HtmlLink> links;
  /// `href` of the first `<base>`.
  std::optional<std::string> base;
  /// `content` of each `<meta>`, by its `name`.
  std::map<std::string, std::string, std::less<>> meta;

  /// Text without a single tag, or one that ends within a tag, is an Error of kind kNetwork.
  static HtmlLinks parse(std::string_view text);
};

}  // namespace kasane::resolver::pypi
