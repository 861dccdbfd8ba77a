#include "resolver/conda/mirror.h"

#include <utility>

namespace kasane::resolver {
namespace {

std::string_view without_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string> places_of(const std::string& url, const ChannelSettings& settings) {
  std::string_view prefix = url;
  while (!prefix.empty()) {
    const auto found = settings.mirrors.find(std::string(prefix));
    if (found != settings.mirrors.end() && !found->second.empty()) {
      std::vector<std::string> out;
      for (const std::string& mirror : found->second) {
        out.push_back(std::string(without_slashes(mirror)) + url.substr(prefix.size()));
      }
      return out;
    }
    const std::size_t slash = prefix.rfind('/');
    prefix = prefix.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return {url};
}

std::optional<std::string> find_mirror(std::string_view url, const ChannelSettings& settings) {
  std::vector<std::string> places = places_of(std::string(url), settings);
  if (places.front() == url) return std::nullopt;
  return std::move(places.front());
}

}  // namespace kasane::resolver
