#pragma once

#include <string_view>

#include "resolver/lock/yaml_tape.h"

namespace kasane::resolver {

/// Reads block-style YAML with ASCII scalars on one line each. It gives up at anything else, and
/// never reads a text differently than YAML says.
class SimpleYamlScanner {
 public:
  /// Borrows both; `text` must outlive what is written to `tape`.
  SimpleYamlScanner(std::string_view text, YamlTape& tape) : rest_(text), tape_(tape) {}

  /// False when the text is not so simple; the tape is then of no use.
  bool scan();

 private:
  bool next_line();
  bool read_node(int indent, int depth);
  bool read_map(int indent, int depth);
  bool read_sequence(int indent, int depth);
  bool read_value_below(int indent, bool in_map, int depth);
  bool read_inline(std::string_view text, int column);
  bool emit_scalar(std::string_view text, int column);
  void emit(YamlKind kind, int line, int column, std::string_view value = {});
  bool starts_item() const;

  std::string_view rest_;
  YamlTape& tape_;
  bool failed_ = false;
  bool at_end_ = false;
  int line_ = 0;
  int indent_ = 0;
  std::string_view content_;
};

}  // namespace kasane::resolver
