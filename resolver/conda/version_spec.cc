#include "resolver/conda/version_spec.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace kasane::resolver {
namespace {

constexpr int kMaxDepth = 50;
constexpr std::string_view kOperatorStart = "=<>!~";
constexpr std::string_view kSpaces = " \t\r\n";

/// Cuts stars off the end, and the dot before them. A dot after them is a slip in real recipes.
std::string_view without_star(std::string_view text) {
  if (text.ends_with("*.")) text.remove_suffix(1);
  if (!text.ends_with('*')) return text;
  while (text.ends_with('*')) text.remove_suffix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

}  // namespace

/// Recursive descent over `any := all { "|" all }`, `all := one { "," one }`,
/// `one := "(" any ")" | clause`.
class VersionSpecParser {
 public:
  explicit VersionSpecParser(std::string_view text) : text_(text) {}

  VersionSpec parse() {
    if (trim(text_).empty()) return VersionSpec::any();
    VersionSpec out = parse_any(0);
    if (at_ < text_.size()) {
      throw error_at(at_, 1, fmt::format("expected `,` or `|` before `{}`", text_[at_]));
    }
    out.text_.clear();
    for (const char c : text_) {
      if (kSpaces.find(c) == std::string_view::npos) out.text_ += c;
    }
    return out;
  }

 private:
  using Kind = VersionSpec::Kind;

  Error error_at(std::size_t offset, std::size_t length, std::string what) const {
    return Error(ErrorKind::kFailed, fmt::format("{} in the version specifier `{}`", what, text_))
        .at({"", 1, static_cast<int>(offset) + 1, std::string(text_), static_cast<int>(length)});
  }
  Error error_at(std::string_view part, std::string what) const {
    return error_at(part.data() - text_.data(), std::max<std::size_t>(part.size(), 1),
                    std::move(what));
  }

  void skip_spaces() { at_ = std::min(text_.find_first_not_of(kSpaces, at_), text_.size()); }
  bool take(char c) {
    skip_spaces();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  VersionSpec parse_any(int depth) {
    std::vector<VersionSpec> parts;
    do {
      parts.push_back(parse_all(depth));
    } while (take('|'));
    return VersionSpec::join(Kind::kAny, std::move(parts));
  }

  VersionSpec parse_all(int depth) {
    std::vector<VersionSpec> parts;
    do {
      parts.push_back(parse_one(depth));
    } while (take(','));
    return VersionSpec::join(Kind::kAll, std::move(parts));
  }

  VersionSpec parse_one(int depth) {
    if (depth > kMaxDepth) throw error_at(at_, 1, "too many parentheses");
    skip_spaces();
    const std::size_t start = at_;
    if (take('(')) {
      VersionSpec inner = parse_any(depth + 1);
      if (!take(')')) throw error_at(start, 1, "a `(` is not closed");
      return inner;
    }
    const bool regex = at_ < text_.size() && text_[at_] == '^';
    const std::size_t end = regex ? text_.find('$', at_) : text_.find_first_of("()|,", at_);
    if (regex && end == std::string_view::npos) {
      throw error_at(start, text_.size() - start, "a regular expression must end with `$`");
    }
    at_ = std::min(regex ? end + 1 : end, text_.size());
    return parse_clause(trim(text_.substr(start, at_ - start)));
  }

  VersionSpec parse_clause(std::string_view clause) {
    if (clause.empty()) throw error_at(clause, "a version is missing");
    if (clause.front() == '^' || clause.back() == '$') {
      refuse_spaces(clause);
      return make_pattern(clause);
    }
    if (kOperatorStart.find(clause.front()) != std::string_view::npos) {
      return parse_operator(clause);
    }
    refuse_spaces(clause);
    if (clause.find_first_not_of('*') == std::string_view::npos) return VersionSpec::any();
    const std::string_view stem = without_star(clause);
    if (stem.find('*') != std::string_view::npos) {
      refuse_foreign(clause);
      return make_pattern(clause);
    }
    if (stem.size() < clause.size()) return make_prefix(parse_version(stem));
    VersionSpec out = make_keys(VersionSet::exactly(parse_version(clause)));
    out.exact_ = true;
    return out;
  }

  VersionSpec parse_operator(std::string_view clause) {
    const std::size_t length = std::min(clause.find_first_not_of(kOperatorStart), clause.size());
    const std::string_view op = clause.substr(0, length);
    const std::string_view operand = trim(clause.substr(length));
    static constexpr std::string_view kOperators[] = {"=", "==", "!=", "<", "<=", ">", ">=", "~="};
    if (std::find(std::begin(kOperators), std::end(kOperators), op) == std::end(kOperators)) {
      throw Error(error_at(op, fmt::format("unknown version operator `{}`", op)))
          .hint(suggest_operator(op, operand));
    }
    if (operand.empty()) throw error_at(op, fmt::format("a version is missing after `{}`", op));
    refuse_spaces(operand);
    const bool order = op.front() == '<' || op.front() == '>';
    std::string_view stem = operand;
    // `>=1.*` is `>=1`; the star of `>=1*` is a letter below all others, as with conda.
    while (stem.ends_with(".*") || (stem.ends_with('*') && !order) || stem == "*") {
      stem = without_star(stem);
    }
    if (stem.empty()) return compare_with_any(op);
    if (stem.find('*') != std::string_view::npos) return compare_with_glob(op, stem);
    return compare(op, parse_version(stem), stem, stem.size() < operand.size());
  }

  static std::string suggest_operator(std::string_view op, std::string_view operand) {
    if (op == "=>" || op == "=<") return fmt::format("write `{}={}`", op[1], operand);
    if (op == "===") return fmt::format("write `=={}`", operand);
    if (op == "<>") return fmt::format("write `!={}`", operand);
    return "the operators are `=`, `==`, `!=`, `<`, `<=`, `>`, `>=` and `~=`";
  }

  VersionSpec compare_with_any(std::string_view op) const {
    if (op == "<" || op == ">" || op == "!=") {
      throw error_at(op, fmt::format("`{}` does not go with `*`: nothing satisfies it", op));
    }
    return VersionSpec::any();
  }

  VersionSpec compare_with_glob(std::string_view op, std::string_view operand) const {
    // conda compares with the stars as letters; such specs are in old recipes.
    refuse_foreign(operand);
    if (op == "=" || op == "==" || op == "!=") {
      VersionSpec out = make_pattern(operand);
      out.negated_ = op == "!=";
      return out;
    }
    if (op == "~=") {
      throw error_at(operand, fmt::format("`{}` does not go with the glob `{}`", op, operand));
    }
    return compare(op, parse_version(operand), operand, false);
  }

  VersionSpec compare(std::string_view op, const CondaVersion& version, std::string_view text,
                      bool starred) const {
    const VersionSet same = VersionSet::exactly(version);
    if (op == "<") return make_keys(VersionSet::below(version));
    if (op == ">") return make_keys(VersionSet::above(version));
    if (op == "<=") return make_keys(VersionSet::below(version) | same);
    if (op == ">=") return make_keys(VersionSet::above(version) | same);
    if (op == "=" || (op == "==" && starred)) return make_prefix(version);
    if (op == "!=") {
      return make_keys((starred ? VersionSet::of(version.prefix()) : same).complement());
    }
    if (op == "==") {
      VersionSpec out = make_keys(same);
      out.exact_ = true;
      return out;
    }
    if (starred) throw error_at(text, "`~=` does not go with `*`");
    const std::size_t dot = text.rfind('.');
    const VersionSet from = VersionSet::above(version) | same;
    if (dot == std::string_view::npos) return make_keys(from);
    return make_keys(from & VersionSet::of(parse_version(text.substr(0, dot)).prefix()));
  }

  void refuse_spaces(std::string_view version) const {
    if (version.find_first_of(kSpaces) != std::string_view::npos) {
      throw error_at(version, fmt::format("a space within the version `{}`", version));
    }
  }

  /// A glob holds what a version may hold.
  void refuse_foreign(std::string_view glob) const {
    const auto fits = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
             std::string_view("._-+!*").find(c) != std::string_view::npos;
    };
    if (glob.front() == '!' || !std::all_of(glob.begin(), glob.end(), fits)) {
      throw error_at(glob, fmt::format("expected a version with `*`, found `{}`", glob));
    }
  }

  CondaVersion parse_version(std::string_view text) const {
    if (auto found = CondaVersion::find(text)) return std::move(*found);
    try {
      return CondaVersion::parse(text);
    } catch (const Error& problem) {
      const auto start = static_cast<std::size_t>(text.data() - text_.data());
      Error error(ErrorKind::kFailed, problem.message());
      throw std::move(error).at({"", 1, static_cast<int>(start) + problem.place().column,
                                 std::string(text_), problem.place().length});
    }
  }

  static VersionSpec make_keys(VersionSet keys) {
    VersionSpec out;
    out.keys_ = std::move(keys);
    return out;
  }
  static VersionSpec make_prefix(const CondaVersion& version) {
    return make_keys(VersionSet::of(version.prefix()));
  }
  static VersionSpec make_pattern(std::string_view text) {
    VersionSpec out;
    out.kind_ = Kind::kPattern;
    out.pattern_ = StringPattern::parse(text);
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

VersionSpec VersionSpec::parse(std::string_view text) { return VersionSpecParser(text).parse(); }

VersionSpec VersionSpec::any() {
  VersionSpec out;
  out.text_.assign(1, '*');
  out.keys_ = VersionSet::all();
  return out;
}

VersionSpec VersionSpec::exactly(const CondaVersion& version) {
  VersionSpec out;
  out.text_ = "==" + version.text();
  out.exact_ = true;
  out.keys_ = VersionSet::exactly(version);
  return out;
}

VersionSpec VersionSpec::join(Kind kind, std::vector<VersionSpec> parts) {
  if (parts.size() == 1) return std::move(parts[0]);
  VersionSpec keys;
  bool has_keys = false;
  VersionSpec out;
  out.kind_ = kind;
  for (VersionSpec& part : parts) {
    if (part.kind_ != Kind::kKeys) {
      out.parts_.push_back(std::move(part));
      continue;
    }
    if (!has_keys) {
      keys.keys_ = std::move(part.keys_);
    } else {
      keys.keys_ = kind == Kind::kAll ? keys.keys_ & part.keys_ : keys.keys_ | part.keys_;
    }
    has_keys = true;
  }
  if (out.parts_.empty()) return keys;
  if (has_keys) out.parts_.push_back(std::move(keys));
  return out;
}

bool VersionSpec::is_any() const { return kind_ == Kind::kKeys && keys_.is_all(); }

bool VersionSpec::matches(std::string_view key, std::string_view text) const {
  const auto part_matches = [&](const VersionSpec& part) { return part.matches(key, text); };
  switch (kind_) {
    case Kind::kKeys:
      return keys_.contains(key);
    case Kind::kPattern:
      return pattern_.matches(text) != negated_;
    case Kind::kAll:
      return std::all_of(parts_.begin(), parts_.end(), part_matches);
    case Kind::kAny:
      return std::any_of(parts_.begin(), parts_.end(), part_matches);
  }
  return false;
}

}  // namespace kasane::resolver
