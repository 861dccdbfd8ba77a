#include "resolver/spec/requirements_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/pip_requirement_text.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

bool is_url(std::string_view text) { return text.find("://") != std::string_view::npos; }

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void append_list(const std::string& value, std::vector<std::string>& list) {
  for (std::string_view rest = value; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = trim(rest.substr(0, comma));
    if (!name.empty()) list.emplace_back(name);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
}

template <class Value>
class Restored {
 public:
  Restored(Value& place, Value value) : place_(place), old_(std::exchange(place, value)) {}
  ~Restored() { place_ = old_; }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;

 private:
  Value& place_;
  Value old_;
};

}  // namespace

void RequirementsReader::read_file(const Path& path) {
  if (!context_.begin_requirements(path.string(), constraints_)) return;
  read_text(context_.read(path));
}

void RequirementsReader::read_text(const SpecText& text) {
  refuse_templates(text);
  open_.push_back(text.file_name());
  read_lines(split_requirement_lines(text), Path(text.file_name()).parent_path());
  open_.pop_back();
}

void RequirementsReader::read_item(const SpecText& text, const YamlNode& item) {
  read_lines(split_requirement_lines(text, item), Path(text.file_name()).parent_path());
}

void RequirementsReader::read_lines(const std::vector<RequirementLine>& lines,
                                    const Path& directory) {
  for (const RequirementLine& line : lines) read_line(line, directory);
}

void RequirementsReader::read_line(const RequirementLine& line, const Path& directory) {
  const SplitRequirementLine split = split_requirement(line);
  if (!split.requirement.empty()) {
    add_requirement(line, split);
    return;
  }
  for (const RequirementOption& option : split.options) read_option(line, option, directory);
}

void RequirementsReader::add_requirement(const RequirementLine& line,
                                         const SplitRequirementLine& split) {
  const std::string& written = split.requirement;
  const std::size_t offset = split.requirement_offset;
  PipRequirement requirement;
  requirement.text = expand(line, written, offset, written.size());
  requirement.place = line.place(offset, written.size());
  for (const RequirementOption& option : split.options) {
    if (option.name == "--hash") {
      requirement.hashes.push_back(read_hash(line, option));
    } else if (option.name == "--config-settings" || option.name == "--config-setting" ||
               option.name == "--global-option" || option.name == "--install-option") {
      context_.warn(
          requirement.place, "build-option",
          fmt::format("`{}` is for building from source, and is passed over", option.name));
    } else {
      throw line
          .error(option.offset, option.length,
                 fmt::format("`{}` has no place behind a requirement", option.name))
          .hint("put it on a line of its own");
    }
  }
  check_path(requirement);
  try {
    PipRequirementText::parse(requirement.text);
  } catch (Error& error) {
    const bool same = requirement.text == written;
    const std::size_t column = static_cast<std::size_t>(error.place().column) - 1;
    throw std::move(error).at(
        same ? line.place(offset + column, static_cast<std::size_t>(error.place().length))
             : requirement.place);
  }
  add(std::move(requirement));
}

void RequirementsReader::add_editable(const RequirementLine& line,
                                      const RequirementOption& option) {
  PipRequirement requirement;
  requirement.text = expand(line, option.value, option.offset, option.length);
  requirement.place = line.place(option.offset, option.length);
  requirement.editable = true;
  add(std::move(requirement));
}

/// What pip takes for a path must be there: a misspelt name of a package may look like one.
void RequirementsReader::check_path(const PipRequirement& requirement) const {
  const std::string& text = requirement.text;
  if (!is_pip_location(text) || text.find(':') != std::string::npos) return;
  const Path directory = Path(requirement.place.file).parent_path();
  const std::string name(trim(std::string_view(text).substr(0, text.find_first_of("[;"))));
  const Path path = path_beside(directory, name);
  if (context_.reading().files.find_status(path)) return;
  throw error_at(requirement.place,
                 fmt::format("expected a requirement, found `{}`, which looks like a path where "
                             "nothing is",
                             text))
      .hint(fmt::format("the path is relative to `{}`",
                        directory.empty() ? "." : directory.string()));
}

void RequirementsReader::add(PipRequirement requirement) {
  EnvironmentSpec& spec = context_.spec();
  (constraints_ ? spec.constraints : spec.pip).push_back(std::move(requirement));
}

void RequirementsReader::read_named_file(const RequirementLine& line,
                                         const RequirementOption& option, const Path& directory) {
  const SourcePlace place = line.place(option.offset, option.length);
  std::string name = expand(line, option.value, option.offset, option.length);
  if (name.starts_with("file://")) name.erase(0, 7);
  if (is_url(name)) {
    throw error_at(place, "expected a file beside this one, found a URL")
        .hint("download it, and name the copy");
  }
  const Path path = path_beside(directory, name);
  if (std::find(open_.begin(), open_.end(), path.string()) != open_.end()) {
    throw error_at(place, fmt::format("`{}` includes itself", path.string()));
  }
  if (!context_.reading().files.find_status(path)) {
    throw error_at(place, fmt::format("no such file `{}`", path.string()))
        .hint(fmt::format("the path is relative to `{}`",
                          directory.empty() ? "." : directory.string()));
  }
  const Restored<bool> role(constraints_, option.name == "--constraint");
  as_named_at(place, [&] { read_file(path); });
}

void RequirementsReader::set_index(const RequirementLine& line, const RequirementOption& option) {
  PipOptions& options = context_.spec().pip_options;
  const std::string url = expand(line, option.value, option.offset, option.length);
  if (options.index_url && *options.index_url != url) {
    context_.warn(line.place(option.offset, option.length), "index-replaced",
                  "this index takes the place of one that was named before");
  }
  options.index_url = url;
}

void RequirementsReader::read_option(const RequirementLine& line, const RequirementOption& option,
                                     const Path& directory) {
  PipOptions& options = context_.spec().pip_options;
  const std::string& name = option.name;
  if (name == "--requirement" || name == "--constraint") {
    read_named_file(line, option, directory);
  } else if (name == "--editable") {
    add_editable(line, option);
  } else if (name == "--index-url" || name == "--pypi-url") {
    set_index(line, option);
  } else if (name == "--extra-index-url") {
    options.extra_index_urls.push_back(expand(line, option.value, option.offset, option.length));
  } else if (name == "--find-links") {
    const std::string place = expand(line, option.value, option.offset, option.length);
    options.find_links.push_back(is_url(place) ? place : path_beside(directory, place).string());
  } else if (name == "--only-binary") {
    append_list(option.value, options.only_binary);
  } else if (name == "--no-binary") {
    append_list(option.value, options.no_binary);
  } else if (name == "--trusted-host") {
    options.trusted_hosts.push_back(option.value);
  } else if (name == "--no-index") {
    options.no_index = true;
  } else if (name == "--pre") {
    options.pre = true;
  } else if (name == "--prefer-binary") {
    options.prefer_binary = true;
  } else if (name == "--require-hashes") {
    options.require_hashes = true;
  } else if (name == "--use-feature") {
    context_.warn(line.place(option.offset, option.length), "use-feature",
                  fmt::format("`--use-feature={}` is passed over", option.value));
  } else {
    throw line
        .error(option.offset, option.length, fmt::format("`{}` stands without a requirement", name))
        .hint("put it behind the requirement that it belongs to");
  }
}

std::string RequirementsReader::read_hash(const RequirementLine& line,
                                          const RequirementOption& option) const {
  struct Algorithm {
    std::string_view name;
    std::size_t digits;
  };
  constexpr std::array<Algorithm, 3> kAlgorithms = {
      {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}}};
  const std::string value = lower(option.value);
  const std::size_t colon = value.find(':');
  const std::string_view name = std::string_view(value).substr(0, colon);
  const std::string_view digits =
      colon == std::string::npos ? "" : std::string_view(value).substr(colon + 1);
  const bool good = std::any_of(kAlgorithms.begin(), kAlgorithms.end(), [&](const Algorithm& a) {
    return a.name == name && a.digits == digits.size() && is_hex(digits);
  });
  if (good) return value;
  throw line.error(
      option.offset, option.length,
      fmt::format("expected `--hash=sha256:` and 64 hex digits, found `{}`", option.value));
}

/// `${NAME}` in capitals only (pip, "Using environment variables").
std::string RequirementsReader::expand(const RequirementLine& line, const std::string& text,
                                       std::size_t offset, std::size_t length) const {
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = text.find("${"); i != std::string::npos; i = text.find("${", i + 2)) {
    const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", i + 2);
    if (end == std::string::npos || end == i + 2 || text[end] != '}') continue;
    const std::string name = text.substr(i + 2, end - i - 2);
    const auto& find = context_.reading().find_variable;
    const auto value = find ? find(name) : std::nullopt;
    if (!value) {
      throw line.error(offset, length, fmt::format("the variable `{}` is not set", name))
          .hint(fmt::format("set `{}` in the environment", name));
    }
    out += text.substr(done, i - done);
    out += *value;
    done = end + 1;
  }
  return out + text.substr(done);
}

}  // namespace kasane::resolver
