#include "cli/surroundings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::cli {

Surroundings::Surroundings()
    : files_(std::make_unique<PosixFileSystem>()), error_is_terminal_(::isatty(2) == 1) {}

std::optional<std::string> Surroundings::find_variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::vector<std::pair<std::string, std::string>> Surroundings::environment() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::vector<std::string> Surroundings::program_directories() const {
  std::vector<std::string> out;
  const std::string path = find_variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    if (end > at) out.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Path Surroundings::home() const {
  if (const auto home = find_variable("KASANE_HOME")) return *home;
  if (const auto data = find_variable("XDG_DATA_HOME")) return Path(*data) / "kasane";
  if (const auto user = find_variable("HOME")) return Path(*user) / ".local/share/kasane";
  throw Error(ErrorKind::kUsage, "neither `KASANE_HOME` nor `HOME` is set")
      .hint("set `KASANE_HOME` to a directory for images and the cache");
}

Path Surroundings::cache_directory() const {
  if (const auto directory = find_variable("KASANE_CACHE_DIR")) return *directory;
  return home() / "cache";
}

Path Surroundings::temporary_directory() const {
  if (const auto directory = find_variable("TMPDIR")) return *directory;
  return "/tmp";
}

void Surroundings::print(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw system_error("cannot write to standard output");
  }
}

void Surroundings::note(std::string_view line) const {
  std::fputs(fmt::format("{}\n", line).c_str(), stderr);
}

void Surroundings::warn(const Warnings& warnings) const {
  for (const Warning& warning : warnings) note("warning: " + warning.message);
}

}  // namespace kasane::cli
