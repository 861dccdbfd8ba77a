#include "resolver/pypi/mended_text.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace kasane::resolver::pypi {
namespace {

constexpr std::string_view kOperatorCharacters = "<>=!~";
constexpr std::string_view kSpaces = " \t\n\r\f\v";

bool is_operator_character(char c) { return kOperatorCharacters.find(c) != std::string_view::npos; }

/// Clauses, told by their commas and, where these are missing, by their operators.
std::vector<std::string> split_clauses(std::string_view text) {
  std::vector<std::string> clauses(1);
  bool has_version = false;
  for (const char c : text) {
    const bool begins = is_operator_character(c) && has_version;
    if (c == ',' || begins) {
      clauses.emplace_back();
      has_version = false;
    }
    if (c == ',') continue;
    clauses.back() += c;
    if (!is_operator_character(c) && kSpaces.find(c) == std::string_view::npos) has_version = true;
  }
  return clauses;
}

/// `9.0.0a1.0` is `9.0.0a1`.
void drop_zero_after_prerelease(std::string& version) {
  if (!version.ends_with(".0")) return;
  std::size_t at = version.size() - 2;
  const std::size_t digits_end = at;
  while (at > 0 && version[at - 1] >= '0' && version[at - 1] <= '9') --at;
  if (at == digits_end || at == 0) return;
  const std::string_view before = std::string_view(version).substr(0, at);
  if (before.ends_with('a') || before.ends_with('b') || before.ends_with("rc")) {
    version.resize(digits_end);
  }
}

std::string mend_clause(std::string_view clause) {
  clause = trim(clause, kSpaces);
  const std::size_t split = std::min(clause.find_first_not_of(kOperatorCharacters), clause.size());
  std::string op(clause.substr(0, split));
  std::string version(trim(clause.substr(split), kSpaces));
  bool wildcard = false;
  if (op == "!=~") {
    op = "!=";
    wildcard = true;
  }
  if (version == "dev") version = "0.0.0dev";
  if (version.ends_with('*')) {
    version.pop_back();
    wildcard = true;
    if (version.ends_with('.')) version.pop_back();
  }
  drop_zero_after_prerelease(version);
  // A `.*` says nothing more where versions are compared by size.
  if (wildcard && (op == "==" || op == "!=")) version += ".*";
  return op + version;
}

}  // namespace

std::string mend_specifier(std::string_view text) {
  std::string unquoted;
  std::copy_if(text.begin(), text.end(), std::back_inserter(unquoted),
               [](char c) { return c != '\'' && c != '"'; });
  std::string out;
  for (const std::string& clause : split_clauses(unquoted)) {
    const std::string mended = mend_clause(clause);
    if (mended.empty()) continue;
    if (!out.empty()) out += ',';
    out += mended;
  }
  return out;
}

std::string mend_requirement(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  const std::string_view head = text.substr(0, semicolon);
  const std::size_t extras_end = head.find(']');
  const std::size_t from = extras_end == std::string_view::npos ? 0 : extras_end;
  const std::size_t begin = head.find_first_of("(<>=!~", from);
  if (begin == std::string_view::npos || head.find('@') < begin) {
    // A stray quote is the one mistake that is left.
    std::string out(trim(head, kSpaces));
    while (!out.empty() && (out.back() == '\'' || out.back() == '"')) out.pop_back();
    return out + std::string(text.substr(semicolon));
  }
  std::string specifier(head.substr(begin));
  std::erase_if(specifier, [](char c) { return c == '(' || c == ')'; });
  return fmt::format("{}{}{}", head.substr(0, begin), mend_specifier(specifier),
                     text.substr(semicolon));
}

}  // namespace kasane::resolver::pypi
