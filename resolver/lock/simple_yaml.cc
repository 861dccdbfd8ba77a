#include "resolver/lock/simple_yaml.h"

#include <algorithm>

namespace kasane::resolver {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";

bool is_null_word(std::string_view text) {
  return text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// True for a scalar that means itself without quotes, also for `a:b`, but not for `a: b`.
bool is_plain(std::string_view text) {
  return !text.empty() && kIndicators.find(text.front()) == std::string_view::npos &&
         text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
         text.back() != ':';
}

/// Where the key of `key: value` or `key:` ends; npos when there is none.
std::size_t key_length(std::string_view text) {
  if (text.empty()) return std::string_view::npos;
  if (text.front() == '\'' || text.front() == '"') {
    const std::size_t close = text.find(text.front(), 1);
    if (close == std::string_view::npos || close + 1 >= text.size() || text[close + 1] != ':') {
      return std::string_view::npos;
    }
    const bool ends = close + 2 == text.size() || text[close + 2] == ' ';
    return ends ? close + 1 : std::string_view::npos;
  }
  const std::size_t colon = text.find(": ");
  if (colon != std::string_view::npos) return colon;
  return text.back() == ':' ? text.size() - 1 : std::string_view::npos;
}

}  // namespace

void SimpleYamlScanner::emit(YamlKind kind, int line, int column, std::string_view value) {
  tape_.events_.push_back({kind, line, column, value});
}

bool SimpleYamlScanner::next_line() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    const bool has_end = end < rest_.size();
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (has_end && line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) continue;
    line.remove_prefix(start);
    if (line.front() == '#') continue;
    const auto is_foreign = [](char c) { return c < 0x20 || c == 0x7f; };
    if (std::any_of(line.begin(), line.end(), is_foreign)) {
      failed_ = true;
      return false;
    }
    line = line.substr(0, line.find_last_not_of(' ') + 1);
    indent_ = static_cast<int>(start);
    content_ = line;
    return true;
  }
  at_end_ = true;
  indent_ = -1;
  content_ = {};
  return false;
}

bool SimpleYamlScanner::starts_item() const {
  return content_ == "-" || content_.starts_with("- ");
}

bool SimpleYamlScanner::emit_scalar(std::string_view text, int column) {
  const char quote = text.front();
  if (quote != '\'' && quote != '"') {
    if (!is_plain(text)) return false;
    emit(is_null_word(text) ? YamlKind::kNull : YamlKind::kScalar, line_, column, text);
    return true;
  }
  if (text.size() < 2 || text.back() != quote) return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find(quote) != std::string_view::npos) return false;
  if (quote == '"' && inside.find('\\') != std::string_view::npos) return false;
  emit(YamlKind::kScalar, line_, column, inside);
  return true;
}

bool SimpleYamlScanner::read_inline(std::string_view text, int column) {
  if (text == "{}" || text == "[]") {
    const bool map = text == "{}";
    emit(map ? YamlKind::kMapStart : YamlKind::kSequenceStart, line_, column);
    emit(map ? YamlKind::kMapEnd : YamlKind::kSequenceEnd, line_, column);
    return true;
  }
  return emit_scalar(text, column);
}

bool SimpleYamlScanner::read_value_below(int indent, bool in_map, int depth) {
  const int line = line_;
  const int column = indent_ + static_cast<int>(content_.size()) + 1;
  next_line();
  if (failed_) return false;
  if (indent_ > indent) return read_node(indent_, depth + 1);
  if (in_map && indent_ == indent && starts_item()) return read_sequence(indent, depth + 1);
  emit(YamlKind::kNull, line, column);
  return true;
}

bool SimpleYamlScanner::read_map(int indent, int depth) {
  emit(YamlKind::kMapStart, line_, indent + 1);
  while (!at_end_ && indent_ == indent && !starts_item()) {
    const std::size_t length = key_length(content_);
    const bool has_key = length != std::string_view::npos && length > 0;
    if (!has_key || content_[length - 1] == ' ') return false;
    if (!emit_scalar(content_.substr(0, length), indent + 1)) return false;
    const std::size_t start = content_.find_first_not_of(' ', length + 1);
    if (start == std::string_view::npos) {
      if (!read_value_below(indent, true, depth)) return false;
      continue;
    }
    if (!read_inline(content_.substr(start), indent + static_cast<int>(start) + 1)) return false;
    next_line();
    if (failed_ || indent_ > indent) return false;
  }
  emit(YamlKind::kMapEnd, line_, indent + 1);
  return indent_ <= indent;
}

bool SimpleYamlScanner::read_sequence(int indent, int depth) {
  emit(YamlKind::kSequenceStart, line_, indent + 1);
  while (!at_end_ && indent_ == indent && starts_item()) {
    const std::size_t start = content_.find_first_not_of(' ', 1);
    if (start == std::string_view::npos) {
      if (!read_value_below(indent, false, depth)) return false;
      continue;
    }
    const std::string_view item = content_.substr(start);
    if (key_length(item) != std::string_view::npos || item.starts_with("- ") || item == "-") {
      indent_ += static_cast<int>(start);
      content_ = item;
      if (!read_node(indent_, depth + 1)) return false;
      continue;
    }
    if (!read_inline(item, indent + static_cast<int>(start) + 1)) return false;
    next_line();
    if (failed_ || indent_ > indent) return false;
  }
  emit(YamlKind::kSequenceEnd, line_, indent + 1);
  return indent_ <= indent;
}

bool SimpleYamlScanner::read_node(int indent, int depth) {
  if (depth > kMaxDepth) return false;
  return starts_item() ? read_sequence(indent, depth) : read_map(indent, depth);
}

bool SimpleYamlScanner::scan() {
  if (!next_line()) return false;
  return read_node(indent_, 0) && at_end_ && !failed_;
}

}  // namespace kasane::resolver
