#include "resolver/spec/requirement_line.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/text.h"
#include "resolver/spec/joined_line.h"

namespace kasane::resolver {
namespace {

/// pip's options for requirements files (pip, "Requirements File Format").
struct OptionRule {
  std::string_view name;
  char letter = '\0';
  bool takes_value = false;
};

constexpr std::array<OptionRule, 20> kOptions = {{
    {"--index-url", 'i', true},
    {"--pypi-url", '\0', true},
    {"--extra-index-url", '\0', true},
    {"--no-index", '\0', false},
    {"--constraint", 'c', true},
    {"--requirement", 'r', true},
    {"--editable", 'e', true},
    {"--find-links", 'f', true},
    {"--no-binary", '\0', true},
    {"--only-binary", '\0', true},
    {"--prefer-binary", '\0', false},
    {"--require-hashes", '\0', false},
    {"--pre", '\0', false},
    {"--trusted-host", '\0', true},
    {"--use-feature", '\0', true},
    {"--hash", '\0', true},
    {"--config-settings", '\0', true},
    {"--config-setting", '\0', true},
    {"--global-option", '\0', true},
    {"--install-option", '\0', true},
}};

bool is_space(char c) { return c == ' ' || c == '\t'; }

/// pip drops from a `#` on that begins the line or follows a space.
std::size_t comment_start(std::string_view text) {
  for (std::size_t i = text.find('#'); i != std::string_view::npos; i = text.find('#', i + 1)) {
    if (i == 0 || is_space(text[i - 1])) return i;
  }
  return text.size();
}

/// Cuts off the comment and the space around, and keeps the places right.
void add_line(RequirementLine line, std::vector<RequirementLine>& lines) {
  const std::string_view active = std::string_view(line.text).substr(0, comment_start(line.text));
  const std::string_view content = trim(active);
  if (content.empty()) return;
  const auto cut = static_cast<std::size_t>(content.data() - line.text.data());
  auto place = [whole = std::move(line.place), cut](std::size_t offset, std::size_t length) {
    return whole(offset + cut, length);
  };
  lines.push_back({std::string(content), std::move(place)});
}

/// Reads the words of a line as a shell would: quotes group, a backslash takes the next character.
class Words {
 public:
  explicit Words(const RequirementLine& line, std::size_t from) : line_(line), at_(from) {}

  struct Word {
    std::string text;
    std::size_t offset = 0;
    std::size_t length = 0;
  };

  std::optional<Word> next() {
    const std::string& text = line_.text;
    while (at_ < text.size() && is_space(text[at_])) ++at_;
    if (at_ == text.size()) return std::nullopt;
    Word word{"", at_, 0};
    char quote = '\0';
    std::size_t quoted = 0;
    for (; at_ < text.size() && (quote != '\0' || !is_space(text[at_])); ++at_) {
      const char c = text[at_];
      if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
        quote = quote == '\0' ? c : '\0';
        quoted = at_;
      } else if (c == '\\' && quote != '\'' && at_ + 1 < text.size()) {
        word.text += text[++at_];
      } else {
        word.text += c;
      }
    }
    if (quote != '\0') throw line_.error(quoted, 1, "the quote is never closed");
    word.length = at_ - word.offset;
    return word;
  }

 private:
  const RequirementLine& line_;
  std::size_t at_;
};

const OptionRule* find_long(const RequirementLine& line, std::string_view name,
                            const Words::Word& word) {
  const OptionRule* found = nullptr;
  for (const OptionRule& rule : kOptions) {
    if (rule.name == name) return &rule;
    // pip takes the beginning of an option for it where only one begins so.
    if (name.size() < 4 || !rule.name.starts_with(name)) continue;
    if (found != nullptr && !rule.name.starts_with(found->name)) {
      throw line.error(word.offset, word.length,
                       fmt::format("`{}` may be `{}` or `{}`", name, found->name, rule.name));
    }
    if (found == nullptr) found = &rule;
  }
  return found;
}

Error unknown_option(const RequirementLine& line, std::string_view name, const Words::Word& word) {
  std::vector<std::string> known;
  for (const OptionRule& rule : kOptions) known.emplace_back(rule.name);
  const auto meant = find_suggestion(name, known);
  return line
      .error(word.offset, word.length,
             fmt::format("unknown option `{}` in a requirements file", name))
      .hint(meant ? fmt::format("did you mean `{}`?", *meant)
                  : "pip takes it on its command line only; remove it");
}

RequirementOption read_option(const RequirementLine& line, const Words::Word& word, Words& words) {
  const std::string_view text = word.text;
  const std::size_t equals = text.find('=');
  std::string_view name = text;
  std::optional<std::string> value;
  std::size_t value_offset = word.offset;
  const OptionRule* rule = nullptr;
  if (text.starts_with("--")) {
    name = text.substr(0, equals);
    if (equals != std::string_view::npos) {
      value = text.substr(equals + 1);
      value_offset = word.offset + equals + 1;
    }
    rule = find_long(line, name, word);
  } else if (text.size() > 1) {
    name = text.substr(0, 2);
    const auto found = std::find_if(kOptions.begin(), kOptions.end(),
                                    [&](const OptionRule& r) { return r.letter == text[1]; });
    if (found != kOptions.end()) rule = &*found;
    if (text.size() > 2) {
      value = text.substr(2);
      value_offset = word.offset + 2;
    }
  }
  if (rule == nullptr) throw unknown_option(line, name, word);
  RequirementOption option{std::string(rule->name), "", word.offset, word.length, value_offset};
  if (rule->takes_value && !value) {
    if (const auto next = words.next()) {
      value = next->text;
      option.value_offset = next->offset;
      option.length = next->offset + next->length - word.offset;
    }
  }
  if (rule->takes_value && (!value || value->empty())) {
    throw line.error(word.offset, word.length, fmt::format("expected a value after `{}`", name));
  }
  if (!rule->takes_value && value) {
    throw line.error(word.offset, word.length,
                     fmt::format("expected no value for `{}`, found `{}`", name, *value));
  }
  option.value = value.value_or("");
  return option;
}

}  // namespace

std::vector<RequirementLine> split_requirement_lines(const SpecText& text) {
  std::vector<RequirementLine> lines;
  JoinedLine joined(text);
  const auto flush = [&] {
    if (joined.empty()) return;
    auto place = [joined](std::size_t offset, std::size_t length) {
      return joined.place(offset, length);
    };
    add_line({joined.joined(), std::move(place)}, lines);
    joined = JoinedLine(text);
  };
  for (int number = 1; number <= text.line_count(); ++number) {
    std::string_view line = text.line(number);
    const bool comment = trim(line).starts_with('#');
    const bool continued = line.ends_with('\\') && !comment;
    // A comment ends a continued line (pip, `join_lines`).
    if (comment && !joined.empty()) {
      flush();
      continue;
    }
    if (continued) line = line.substr(0, line.find_last_not_of('\\') + 1);
    joined.append(line, number);
    if (!continued) flush();
  }
  flush();
  return lines;
}

std::vector<RequirementLine> split_requirement_lines(const SpecText& text, const YamlNode& item) {
  std::vector<RequirementLine> lines;
  std::string_view rest = item.text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const auto begin = static_cast<std::size_t>(line.data() - item.text.data());
    auto place = [&text, &item, begin](std::size_t offset, std::size_t length) {
      return place_in(text, item, begin + offset, static_cast<int>(length));
    };
    add_line({std::string(line), std::move(place)}, lines);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return lines;
}

SplitRequirementLine split_requirement(const RequirementLine& line) {
  SplitRequirementLine out;
  const std::string& text = line.text;
  std::size_t options = 0;
  if (!text.starts_with('-')) {
    options = text.size();
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] != '-' || !is_space(text[i - 1])) continue;
      options = i;
      break;
    }
    out.requirement = std::string(trim(text.substr(0, options)));
  }
  Words words(line, options);
  while (const auto word = words.next()) {
    if (!word->text.starts_with('-') || word->text == "-") {
      throw line
          .error(word->offset, word->length,
                 fmt::format("expected an option, found `{}`", word->text))
          .hint("put each requirement on a line of its own");
    }
    out.options.push_back(read_option(line, *word, words));
  }
  return out;
}

}  // namespace kasane::resolver
