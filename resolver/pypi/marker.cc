#include "resolver/pypi/marker.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "resolver/pypi/distribution_name.h"
#include "resolver/pypi/quoted_text.h"
#include "resolver/pypi/specifier.h"
#include "resolver/pypi/text_reader.h"

namespace kasane::resolver::pypi {
namespace {

using Operator = Marker::Operator;
using Variable = Marker::Variable;

constexpr int kMaxDepth = 100;

/// The first name of a variable is the one that is written.
constexpr std::array<std::pair<std::string_view, Variable>, 20> kVariables = {{
    {"os_name", Variable::kOsName},
    {"sys_platform", Variable::kSysPlatform},
    {"platform_machine", Variable::kPlatformMachine},
    {"platform_python_implementation", Variable::kPlatformPythonImplementation},
    {"platform_release", Variable::kPlatformRelease},
    {"platform_system", Variable::kPlatformSystem},
    {"platform_version", Variable::kPlatformVersion},
    {"python_version", Variable::kPythonVersion},
    {"python_full_version", Variable::kPythonFullVersion},
    {"implementation_name", Variable::kImplementationName},
    {"implementation_version", Variable::kImplementationVersion},
    {"extras", Variable::kExtras},
    {"extra", Variable::kExtra},
    {"dependency_groups", Variable::kDependencyGroups},
    // PEP 345's and setuptools' names.
    {"os.name", Variable::kOsName},
    {"sys.platform", Variable::kSysPlatform},
    {"platform.version", Variable::kPlatformVersion},
    {"platform.machine", Variable::kPlatformMachine},
    {"platform.python_implementation", Variable::kPlatformPythonImplementation},
    {"python_implementation", Variable::kPlatformPythonImplementation},
}};

constexpr std::array<std::pair<std::string_view, Operator>, 8> kOperators = {{
    {"===", Operator::kArbitrary},
    {"==", Operator::kEqual},
    {"~=", Operator::kCompatible},
    {"!=", Operator::kNotEqual},
    {"<=", Operator::kLessEqual},
    {">=", Operator::kGreaterEqual},
    {"<", Operator::kLess},
    {">", Operator::kGreater},
}};

std::string_view text_of(Operator op) {
  if (op == Operator::kIn) return "in";
  if (op == Operator::kNotIn) return "not in";
  return std::find_if(kOperators.begin(), kOperators.end(),
                      [&](const auto& entry) { return entry.second == op; })
      ->first;
}

std::string_view text_of(Variable variable) {
  return std::find_if(kVariables.begin(), kVariables.end(),
                      [&](const auto& entry) { return entry.second == variable; })
      ->first;
}

bool is_set(Variable variable) {
  return variable == Variable::kExtras || variable == Variable::kDependencyGroups;
}

bool is_version(Variable variable) {
  return variable == Variable::kPythonVersion || variable == Variable::kPythonFullVersion ||
         variable == Variable::kImplementationVersion || variable == Variable::kPlatformRelease;
}

bool is_extra_name(Variable variable) { return variable == Variable::kExtra || is_set(variable); }

}  // namespace

MarkerEnvironment MarkerEnvironment::cpython(std::string full_version, std::string machine) {
  MarkerEnvironment out;
  out.platform_machine = std::move(machine);
  const std::size_t minor = full_version.find('.');
  const std::size_t end =
      minor == std::string::npos ? minor : full_version.find_first_not_of("0123456789", minor + 1);
  out.python_version = full_version.substr(0, end);
  out.implementation_version = full_version;
  out.python_full_version = std::move(full_version);
  return out;
}

Marker Marker::parse(std::string_view text) {
  TextReader reader(text, "marker");
  Marker out = read(reader);
  if (!reader.at_end()) reader.fail_expecting("`and`, `or` or the end");
  return out;
}

Marker Marker::read(TextReader& reader) {
  Marker out;
  out.root_ = read_group(reader, 0);
  return out;
}

Marker::Node Marker::read_group(TextReader& reader, int depth) {
  Node group;
  group.members.push_back(read_member(reader, depth));
  while (true) {
    const bool is_or = reader.take_word("or");
    if (!is_or && !reader.take_word("and")) return group;
    group.is_or.push_back(is_or);
    group.members.push_back(read_member(reader, depth));
  }
}

Marker::Node Marker::read_member(TextReader& reader, int depth) {
  reader.skip_space();
  Node node;
  const std::size_t open = reader.place();
  if (reader.take('(')) {
    if (depth == kMaxDepth) reader.fail("too many parentheses", open, 1);
    node = read_group(reader, depth + 1);
    if (!reader.take(')')) reader.fail_expecting("`and`, `or` or `)`");
  } else {
    node.comparison = read_comparison(reader);
  }
  reader.skip_space();
  return node;
}

Marker::Comparison Marker::read_comparison(TextReader& reader) {
  Comparison out;
  const std::size_t start = reader.place();
  out.left = read_operand(reader);
  reader.skip_space();
  out.op = read_operator(reader);
  reader.skip_space();
  out.right = read_operand(reader);
  if (!out.left.variable && !out.right.variable) {
    reader.fail("expected a variable on one side, found texts on both", start,
                reader.place() - start);
  }
  if (out.left.variable == Variable::kExtra && !out.right.variable) {
    out.right.text = normalise_name(out.right.text);
  } else if (out.right.variable && is_extra_name(*out.right.variable) && !out.left.variable) {
    out.left.text = normalise_name(out.left.text);
  }
  return out;
}

Marker::Operand Marker::read_operand(TextReader& reader) {
  for (const auto& [name, variable] : kVariables) {
    if (reader.take_word(name)) return {variable, {}};
  }
  const char mark = reader.next();
  if (mark != '"' && mark != '\'') {
    reader.fail_expecting("a marker variable such as `python_version`, or a text in quotes");
  }
  const std::size_t start = reader.place();
  const std::size_t end = reader.rest().find(mark, 1);
  if (end == std::string_view::npos) {
    reader.fail("expected a text in quotes, its end is missing", start, reader.rest().size());
  }
  const auto text = unescape(reader.rest().substr(1, end - 1));
  if (!text) reader.fail("expected a text in quotes, its escapes are invalid", start, end + 1);
  reader.advance(end + 1);
  return {std::nullopt, *text};
}

Operator Marker::read_operator(TextReader& reader) {
  for (const auto& [text, op] : kOperators) {
    if (!reader.rest().starts_with(text)) continue;
    reader.advance(text.size());
    return op;
  }
  if (reader.take_word("in")) return Operator::kIn;
  if (reader.take_word("not")) {
    const std::size_t after = reader.place();
    reader.skip_space();
    if (reader.place() != after && reader.take_word("in")) return Operator::kNotIn;
    reader.fail_expecting("`in` after `not`");
  }
  reader.fail_expecting("`==`, `!=`, `<=`, `>=`, `<`, `>`, `~=`, `===`, `in` or `not in`");
}

/// One question to a marker, with all that its variables stand for.
class Marker::Evaluation {
 public:
  Evaluation(const MarkerEnvironment& environment, std::string_view extra)
      : environment_(environment), extra_(normalise_name(extra)) {}

  bool holds(const Node& node) const {
    if (node.comparison) return holds(*node.comparison);
    bool group = true;
    for (std::size_t i = 0; i < node.members.size(); ++i) {
      if (i > 0 && node.is_or[i - 1]) {
        if (group) return true;
        group = true;
      }
      group = group && holds(node.members[i]);
    }
    return group;
  }

 private:
  bool holds(const Comparison& comparison) const {
    const Variable variable =
        comparison.left.variable ? *comparison.left.variable : *comparison.right.variable;
    if (comparison.left.variable && is_set(*comparison.left.variable)) undefined(comparison);
    if (comparison.right.variable && is_set(*comparison.right.variable)) {
      return is_member(comparison);
    }
    const std::string& left = value(comparison.left);
    const std::string& right = value(comparison.right);
    if (is_version(variable)) {
      const auto specifier = Specifier::find(std::string(text_of(comparison.op)) + right);
      if (specifier) return specifier->contains_text(left);
    }
    switch (comparison.op) {
      case Operator::kIn:
        return right.find(left) != std::string::npos;
      case Operator::kNotIn:
        return right.find(left) == std::string::npos;
      case Operator::kEqual:
      case Operator::kLessEqual:
      case Operator::kGreaterEqual:
        return left == right;
      case Operator::kNotEqual:
        return left != right;
      case Operator::kLess:
      case Operator::kGreater:
        return false;
      case Operator::kArbitrary:
      case Operator::kCompatible:
        break;
    }
    undefined(comparison);
  }

  bool is_member(const Comparison& comparison) const {
    if (comparison.op != Operator::kIn && comparison.op != Operator::kNotIn) undefined(comparison);
    const std::set<std::string>& names = comparison.right.variable == Variable::kExtras
                                             ? environment_.extras
                                             : environment_.dependency_groups;
    const std::string wanted = normalise_name(value(comparison.left));
    const bool found = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return normalise_name(name) == wanted;
    });
    return found == (comparison.op == Operator::kIn);
  }

  const std::string& value(const Operand& operand) const {
    if (!operand.variable) return operand.text;
    switch (*operand.variable) {
      case Variable::kOsName:
        return environment_.os_name;
      case Variable::kSysPlatform:
        return environment_.sys_platform;
      case Variable::kPlatformMachine:
        return environment_.platform_machine;
      case Variable::kPlatformPythonImplementation:
        return environment_.platform_python_implementation;
      case Variable::kPlatformRelease:
        return environment_.platform_release;
      case Variable::kPlatformSystem:
        return environment_.platform_system;
      case Variable::kPlatformVersion:
        return environment_.platform_version;
      case Variable::kPythonVersion:
        return environment_.python_version;
      case Variable::kPythonFullVersion:
        return environment_.python_full_version;
      case Variable::kImplementationName:
        return environment_.implementation_name;
      case Variable::kImplementationVersion:
        return environment_.implementation_version;
      case Variable::kExtra:
      case Variable::kExtras:
      case Variable::kDependencyGroups:
        break;
    }
    return extra_;
  }

  [[noreturn]] static void undefined(const Comparison& comparison) {
    std::string shown;
    render_operand(comparison.left, shown);
    shown += fmt::format(" {} ", text_of(comparison.op));
    render_operand(comparison.right, shown);
    throw Error(ErrorKind::kFailed, fmt::format("the marker `{}` compares what cannot be compared "
                                                "in this way",
                                                shown));
  }

  const MarkerEnvironment& environment_;
  std::string extra_;
};

bool Marker::evaluate(const MarkerEnvironment& environment, std::string_view extra) const {
  return Evaluation(environment, extra).holds(root_);
}

bool Marker::mentions_extra(const Node& node) {
  if (node.comparison) {
    return node.comparison->left.variable == Variable::kExtra ||
           node.comparison->right.variable == Variable::kExtra;
  }
  return std::any_of(node.members.begin(), node.members.end(),
                     [](const Node& member) { return mentions_extra(member); });
}

bool Marker::mentions_extra() const { return mentions_extra(root_); }

void Marker::render_operand(const Operand& operand, std::string& out) {
  out += operand.variable ? std::string(text_of(*operand.variable)) : quote(operand.text);
}

void Marker::render_node(const Node& node, bool outermost, std::string& out) {
  if (node.comparison) {
    render_operand(node.comparison->left, out);
    out += fmt::format(" {} ", text_of(node.comparison->op));
    render_operand(node.comparison->right, out);
    return;
  }
  if (node.members.size() == 1) return render_node(node.members[0], outermost, out);
  if (!outermost) out += '(';
  for (std::size_t i = 0; i < node.members.size(); ++i) {
    if (i > 0) out += node.is_or[i - 1] ? " or " : " and ";
    render_node(node.members[i], false, out);
  }
  if (!outermost) out += ')';
}

std::string Marker::render() const {
  std::string out;
  render_node(root_, true, out);
  return out;
}

}  // namespace kasane::resolver::pypi
