#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pypi/marker_environment.h"

namespace kasane::resolver::pypi {

class TextReader;

/// When a requirement applies (PEP 508): comparisons joined by `and` and `or`.
class Marker {
 public:
  enum class Operator {
    kArbitrary,
    kEqual,
    kCompatible,
    kNotEqual,
    kLessEqual,
    kGreaterEqual,
    kLess,
    kGreater,
    kIn,
    kNotIn
  };
  enum class Variable {
    kOsName,
    kSysPlatform,
    kPlatformMachine,
    kPlatformPythonImplementation,
    kPlatformRelease,
    kPlatformSystem,
    kPlatformVersion,
    kPythonVersion,
    kPythonFullVersion,
    kImplementationName,
    kImplementationVersion,
    kExtra,
    kExtras,
    kDependencyGroups
  };

  /// Errors are of kind kFailed; their place has the column in `text`.
  static Marker parse(std::string_view text);
  /// Reads a marker as far as it goes, for those who read what is around it.
  static Marker read(TextReader& reader);

  /// Whether it holds in `environment` for the optional feature `extra`, empty where none was asked
  /// for. A comparison that means nothing (`os_name ~= "x"`) is an Error of kind kFailed.
  bool evaluate(const MarkerEnvironment& environment, std::string_view extra = {}) const;
  /// Whether it looks at `extra` at all.
  bool mentions_extra() const;
  /// In one spelling of quotes and spaces, parentheses only where they were and matter; parse()
  /// reads it back.
  std::string render() const;
  bool operator==(const Marker& other) const { return render() == other.render(); }

 private:
  /// A variable where that is set, else a text.
  struct Operand {
    std::optional<Variable> variable;
    std::string text;
  };
  struct Comparison {
    Operand left;
    Operator op = Operator::kEqual;
    Operand right;
  };
  /// A comparison, or what stands within parentheses.
  struct Node {
    std::optional<Comparison> comparison;
    std::vector<Node> members;
    /// Before each member but the first: whether that is `or`.
    std::vector<bool> is_or;
  };
  class Evaluation;

  static Node read_group(TextReader& reader, int depth);
  static Node read_member(TextReader& reader, int depth);
  static Comparison read_comparison(TextReader& reader);
  static Operand read_operand(TextReader& reader);
  static Operator read_operator(TextReader& reader);
  static void render_node(const Node& node, bool outermost, std::string& out);
  static void render_operand(const Operand& operand, std::string& out);
  static bool mentions_extra(const Node& node);

  Node root_;
};

}  // namespace kasane::resolver::pypi
