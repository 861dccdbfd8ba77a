#include "resolver/pypi/pip_config.h"

#include <algorithm>

#include "base/text.h"

namespace kasane::resolver::pypi {
namespace {

constexpr std::string_view kSpaces = " \t\r";

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

/// pip takes `_` for `-`.
std::string option_name(std::string_view text) {
  std::string name;
  for (const char c : text) name += c == '_' ? '-' : lower(c);
  return name;
}

/// One value of one section, as it grows over lines.
struct Setting {
  std::string name;
  std::string value;
};

using Section = std::vector<Setting>;

class ConfigReader {
 public:
  void read(std::string_view line) {
    const std::string_view text = trim(line, kSpaces);
    if (text.empty() || text.front() == '#' || text.front() == ';') return;
    const bool continues = line.front() == ' ' || line.front() == '\t';
    if (continues && current_ != nullptr && !current_->empty()) {
      current_->back().value += "\n" + std::string(text);
    } else if (text.front() == '[' && text.back() == ']') {
      current_ = &sections_[std::string(text.substr(1, text.size() - 2))];
    } else if (const std::size_t mark = text.find_first_of("=:");
               current_ != nullptr && mark != std::string_view::npos) {
      current_->push_back({option_name(trim(text.substr(0, mark), kSpaces)),
                           std::string(trim(text.substr(mark + 1), kSpaces))});
    }
  }

  const Section& section(const std::string& name) { return sections_[name]; }

 private:
  std::map<std::string, Section> sections_;
  Section* current_ = nullptr;
};

}  // namespace

PipConfig PipConfig::parse(std::string_view text) {
  ConfigReader reader;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) reader.read(text.substr(at, end - at));
    at = end + 1;
  }
  PipConfig out;
  for (const char* name : {"global", "install"}) {
    for (const Setting& setting : reader.section(name)) {
      out.values_[setting.name] = split_words(setting.value);
    }
  }
  return out;
}

const std::vector<std::string>& PipConfig::values(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

void PipConfig::merge(const PipConfig& other) {
  for (const auto& [name, values] : other.values_) values_[name] = values;
}

}  // namespace kasane::resolver::pypi
