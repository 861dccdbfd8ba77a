#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "resolver/spec/spec_text.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// One line of a requirements file as pip sees it: continued lines joined, comments gone.
struct RequirementLine {
  std::string text;
  /// Where a part of `text` stands in the person's file.
  std::function<SourcePlace(std::size_t offset, std::size_t length)> place;

  Error error(std::size_t offset, std::size_t length, std::string message) const {
    return error_at(place(offset, length), std::move(message));
  }
};

/// The lines of a requirements file that say something. Places borrow `text`.
std::vector<RequirementLine> split_requirement_lines(const SpecText& text);

/// The lines of an item below `pip:`. Places borrow both.
std::vector<RequirementLine> split_requirement_lines(const SpecText& text, const YamlNode& item);

/// One option of a line, quotes undone.
struct RequirementOption {
  /// The long name, `--index-url`, also where it was written short or shortened.
  std::string name;
  std::string value;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::size_t value_offset = 0;
};

/// A line taken apart. Where `requirement` is empty, there are options alone.
struct SplitRequirementLine {
  std::string requirement;
  std::size_t requirement_offset = 0;
  std::vector<RequirementOption> options;
};

/// Errors name unknown options and missing values at their place.
SplitRequirementLine split_requirement(const RequirementLine& line);

}  // namespace kasane::resolver
