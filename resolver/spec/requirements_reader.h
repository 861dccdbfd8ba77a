#pragma once

#include <string>
#include <vector>

#include "resolver/spec/reading_context.h"
#include "resolver/spec/requirement_line.h"
#include "resolver/spec/yaml_node.h"

namespace kasane::resolver {

/// Reads requirements files, with the files that they name, and the lines below `pip:` of a conda
/// environment, into the context's specification. Borrows the context.
class RequirementsReader {
 public:
  explicit RequirementsReader(ReadingContext& context) : context_(context) {}

  void read_file(const Path& path);
  void read_text(const SpecText& text);
  /// One item of a list of requirements; files that it names lie beside the file that it is in.
  void read_item(const SpecText& text, const YamlNode& item);
  /// One line from elsewhere, such as a `pip install` of a Dockerfile; files lie in `directory`.
  void read_line(const RequirementLine& line, const Path& directory);

 private:
  void read_lines(const std::vector<RequirementLine>& lines, const Path& directory);
  void read_named_file(const RequirementLine& line, const RequirementOption& option,
                       const Path& directory);
  void add_requirement(const RequirementLine& line, const SplitRequirementLine& split);
  void add_editable(const RequirementLine& line, const RequirementOption& option);
  void read_option(const RequirementLine& line, const RequirementOption& option,
                   const Path& directory);
  void set_index(const RequirementLine& line, const RequirementOption& option);
  std::string read_hash(const RequirementLine& line, const RequirementOption& option) const;
  std::string expand(const RequirementLine& line, const std::string& text, std::size_t offset,
                     std::size_t length) const;
  void check_path(const PipRequirement& requirement) const;
  void add(PipRequirement requirement);

  ReadingContext& context_;
  /// Files that are being read, the outermost first.
  std::vector<std::string> open_;
  bool constraints_ = false;
};

}  // namespace kasane::resolver
