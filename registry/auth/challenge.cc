#include "registry/auth/challenge.h"

#include <algorithm>

#include "base/text.h"

namespace kasane::registry {
namespace {

constexpr std::size_t kMostChallenges = 32;
constexpr std::size_t kMostParameters = 64;

/// RFC 9110, section 5.6.2.
bool is_token_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Reads the parts of a field from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }
  void skip_commas() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size()));
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_character);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  /// A token or a quoted string.
  std::optional<std::string> take_value() {
    if (!take('"')) {
      const std::string_view token = take_token();
      if (token.empty()) return std::nullopt;
      return std::string(token);
    }
    std::string out;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      out += c;
    }
    return std::nullopt;
  }

  /// `name = value`; nothing is taken when a scheme or a token68 stands here.
  std::optional<std::pair<std::string, std::string>> take_parameter() {
    const Reader before = *this;
    const std::string name = lower(take_token());
    skip_spaces();
    if (!name.empty() && take('=')) {
      skip_spaces();
      if (auto value = take_value()) {
        skip_spaces();
        if (at_end() || rest_.front() == ',') return std::make_pair(name, *std::move(value));
      }
    }
    *this = before;
    return std::nullopt;
  }

  /// RFC 9110, section 11.2; registries have no use for it.
  void skip_token68() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), [](char c) {
      return is_token_character(c) || c == '/' || c == '=';
    });
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    skip_spaces();
  }
  bool at_comma() const { return rest_.starts_with(','); }

 private:
  std::string_view rest_;
};

/// The parameters of one challenge, up to where the next one begins.
void read_parameters(Reader& reader, Challenge& challenge) {
  while (challenge.parameters.size() < kMostParameters) {
    auto parameter = reader.take_parameter();
    if (!parameter) return;
    challenge.parameters.push_back(*std::move(parameter));
    reader.skip_commas();
  }
}

}  // namespace

std::optional<std::string_view> Challenge::find(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<Challenge> parse_challenges(std::string_view field) {
  std::vector<Challenge> out;
  Reader reader(field);
  for (reader.skip_commas(); !reader.at_end(); reader.skip_commas()) {
    Challenge challenge{lower(reader.take_token()), {}};
    if (challenge.scheme.empty() || out.size() == kMostChallenges) return out;
    const bool scheme_alone = reader.at_end() || reader.at_comma();
    const bool spaced = reader.take(' ');
    if (!scheme_alone && !spaced) return out;
    reader.skip_spaces();
    if (spaced && !reader.at_end() && !reader.at_comma()) {
      read_parameters(reader, challenge);
      if (challenge.parameters.empty()) {
        reader.skip_token68();
        if (!reader.at_end() && !reader.at_comma()) return out;
      }
    }
    out.push_back(std::move(challenge));
  }
  return out;
}

std::vector<Challenge> read_challenges(const HttpHeaders& headers) {
  std::vector<Challenge> out;
  for (const auto& [name, value] : headers.fields()) {
    HttpHeaders one;
    one.add(name, value);
    if (!one.find("WWW-Authenticate")) continue;
    for (Challenge& challenge : parse_challenges(value)) out.push_back(std::move(challenge));
  }
  return out;
}

}  // namespace kasane::registry
