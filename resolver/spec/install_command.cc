#include "resolver/spec/install_command.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/conda/match_spec.h"
#include "resolver/spec/conda_environment.h"
#include "resolver/spec/pip_requirement_text.h"
#include "resolver/spec/requirements_reader.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

template <std::size_t N>
bool is_among(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Options that change how pip works, not what is there afterwards.
constexpr std::array<std::string_view, 23> kPipFlags = {"--no-cache-dir",
                                                        "--no-cache",
                                                        "-q",
                                                        "-qq",
                                                        "--quiet",
                                                        "-U",
                                                        "--upgrade",
                                                        "-v",
                                                        "--verbose",
                                                        "--force-reinstall",
                                                        "-I",
                                                        "--ignore-installed",
                                                        "--disable-pip-version-check",
                                                        "--no-warn-script-location",
                                                        "--no-input",
                                                        "--break-system-packages",
                                                        "--no-color",
                                                        "--no-clean",
                                                        "--compile",
                                                        "--isolated",
                                                        "--exists-action=i",
                                                        "--no-warn-conflicts",
                                                        "--no-python-version-warning"};
constexpr std::array<std::string_view, 9> kPipValues = {
    "--timeout",          "--default-timeout",  "--retries",        "--progress-bar", "--cache-dir",
    "--root-user-action", "--upgrade-strategy", "--use-deprecated", "--log"};
/// What requirements files know too.
constexpr std::array<std::string_view, 15> kFileValues = {"-i",
                                                          "--index-url",
                                                          "--extra-index-url",
                                                          "-f",
                                                          "--find-links",
                                                          "--trusted-host",
                                                          "--only-binary",
                                                          "--no-binary",
                                                          "-r",
                                                          "--requirement",
                                                          "-c",
                                                          "--constraint",
                                                          "-e",
                                                          "--editable",
                                                          "--use-feature"};
constexpr std::array<std::string_view, 4> kFileFlags = {"--pre", "--no-index", "--prefer-binary",
                                                        "--require-hashes"};
constexpr std::array<std::string_view, 6> kNamesFile = {"-r", "--requirement", "-c", "--constraint",
                                                        "-f", "--find-links"};

Error refused(const ShellWord& word, std::string message) {
  return Error(ErrorKind::kRefused, std::move(message)).at(word.place);
}

void refuse_open(const ShellWord& word) {
  if (!word.is_open) return;
  throw refused(word, fmt::format("`{}` holds a variable that has no value here", word.text))
      .hint("give it one with `ARG NAME=VALUE`, or with `--set NAME=VALUE`");
}

/// `--name=value` or `--name value`; the word after it is taken then.
struct Option {
  std::string name;
  std::optional<std::string> value;
};

Option split_option(const std::string& word) {
  const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
  if (equals == std::string::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

/// Goes through the arguments of one `pip install`.
class PipInstall {
 public:
  PipInstall(std::span<const ShellWord> arguments, const FindFile& find_file,
             ReadingContext& context)
      : arguments_(arguments), find_file_(find_file), context_(context), requirements_(context) {}

  void read() {
    for (at_ = 0; at_ < arguments_.size(); ++at_) {
      const ShellWord& word = arguments_[at_];
      refuse_open(word);
      if (word.text.starts_with('-')) {
        read_option(word);
      } else {
        read_requirement(word);
      }
    }
  }

 private:
  void read_option(const ShellWord& word) {
    Option option = split_option(word.text);
    if (word.text.size() > 2 && !word.text.starts_with("--") &&
        is_among(word.text.substr(0, 2), kFileValues)) {
      option = {word.text.substr(0, 2), word.text.substr(2)};
    }
    if (is_among(word.text, kPipFlags) || is_among(option.name, kPipFlags)) return;
    if (is_among(option.name, kPipValues)) {
      if (!option.value) take_value(word);
    } else if (is_among(option.name, kFileValues)) {
      const std::string value = option.value ? *option.value : take_value(word);
      pass_on(word, option.name, value);
    } else if (is_among(option.name, kFileFlags)) {
      requirements_.read_line({option.name, [&](auto, auto) { return word.place; }}, "");
    } else {
      throw refused(word,
                    fmt::format("`{}` changes more than which packages are there", option.name))
          .hint("kasane would lose it: install without it");
    }
  }

  const std::string& take_value(const ShellWord& word) {
    if (at_ + 1 >= arguments_.size()) {
      throw error_at(word.place, fmt::format("expected a value after `{}`", word.text));
    }
    refuse_open(arguments_[at_ + 1]);
    return arguments_[++at_].text;
  }

  void pass_on(const ShellWord& word, const std::string& name, std::string value) {
    if (is_among(name, kNamesFile) && value.find("://") == std::string::npos) {
      value = find_file_(value, word.place).string();
    } else if ((name == "-e" || name == "--editable") && is_pip_location(value)) {
      value = local_path(word, value);
    }
    if (value.find('\'') != std::string::npos) {
      throw refused(word, fmt::format("expected no quote in the value of `{}`", name));
    }
    requirements_.read_line(
        {fmt::format("{} '{}'", name, value), [&](auto, auto) { return word.place; }}, "");
  }

  void read_requirement(const ShellWord& word) {
    std::string text = word.text;
    if (is_pip_location(text)) text = local_path(word, text);
    PipRequirement requirement;
    requirement.text = std::move(text);
    requirement.place = word.place;
    try {
      PipRequirementText::parse(requirement.text);
    } catch (Error& error) {
      throw std::move(error).at(word.place);
    }
    context_.spec().pip.push_back(std::move(requirement));
  }

  /// A path as requirements have it: relative to the file that the command stands in.
  std::string local_path(const ShellWord& word, const std::string& text) const {
    if (text.find("://") != std::string::npos || text.find("git+") == 0) return text;
    const std::size_t end = text.find_first_of("[;");
    const Path path = find_file_(text.substr(0, end), word.place);
    const Path directory = Path(word.place.file).parent_path();
    Path relative = path.lexically_relative(directory.empty() ? Path(".") : directory);
    if (relative.empty()) relative = path;
    const std::string below = relative.string().starts_with('.') ? "" : "./";
    return below + relative.string() + (end == std::string::npos ? "" : text.substr(end));
  }

  std::span<const ShellWord> arguments_;
  const FindFile& find_file_;
  ReadingContext& context_;
  RequirementsReader requirements_;
  std::size_t at_ = 0;
};

constexpr std::array<std::string_view, 21> kCondaFlags = {"-y",
                                                          "--yes",
                                                          "-q",
                                                          "--quiet",
                                                          "--force",
                                                          "--prune",
                                                          "-v",
                                                          "--verbose",
                                                          "--no-default-packages",
                                                          "--override-channels",
                                                          "--strict-channel-priority",
                                                          "--copy",
                                                          "-k",
                                                          "--insecure",
                                                          "--json",
                                                          "--no-update-deps",
                                                          "--freeze-installed",
                                                          "--update-deps",
                                                          "--update-specs",
                                                          "-qy",
                                                          "-yq"};
constexpr std::array<std::string_view, 3> kCondaValues = {"--solver", "--experimental-solver",
                                                          "--repodata-fn"};

/// Goes through the words of one conda command.
class CondaInstall {
 public:
  CondaInstall(std::span<const ShellWord> words, const FindFile& find_file, ReadingContext& context)
      : words_(words), find_file_(find_file), context_(context) {}

  CondaTarget read() {
    const bool env = words_[at_].text == "env";
    if (env) ++at_;
    const std::string verb = at_ < words_.size() ? words_[at_].text : "";
    target_.creates = verb == "create";
    for (++at_; at_ < words_.size(); ++at_) {
      const ShellWord& word = words_[at_];
      refuse_open(word);
      if (word.text.starts_with('-')) {
        read_option(word, env);
      } else if (env) {
        throw error_at(word.place,
                       fmt::format("expected an option of `conda env`, found `{}`", word.text));
      } else {
        add(word);
      }
    }
    return target_;
  }

 private:
  void read_option(const ShellWord& word, bool env) {
    const Option option = split_option(word.text);
    const auto value = [&] { return option.value ? *option.value : take_value(word); };
    if (is_among(option.name, kCondaFlags)) return;
    if (is_among(option.name, kCondaValues)) {
      value();
    } else if (option.name == "-n" || option.name == "--name" || option.name == "-p" ||
               option.name == "--prefix") {
      target_.name = value();
    } else if (option.name == "-c" || option.name == "--channel") {
      add_channel(word, value());
    } else if (option.name == "-f" || option.name == "--file") {
      read_file(word, value(), env);
    } else {
      throw refused(word,
                    fmt::format("`{}` changes more than which packages are there", option.name))
          .hint("kasane would lose it: install without it");
    }
  }

  const std::string& take_value(const ShellWord& word) {
    if (at_ + 1 >= words_.size()) {
      throw error_at(word.place, fmt::format("expected a value after `{}`", word.text));
    }
    // Where the environment lies is of no matter, and may hold a variable of the base image.
    return words_[++at_].text;
  }

  void add_channel(const ShellWord& word, const std::string& name) {
    std::vector<Requirement>& channels = context_.spec().channels;
    const bool known = std::any_of(channels.begin(), channels.end(),
                                   [&](const auto& channel) { return channel.text == name; });
    if (!known) channels.push_back({name, word.place});
  }

  void add(const ShellWord& word) {
    try {
      MatchSpec::parse(word.text);
    } catch (Error& error) {
      throw std::move(error).at(word.place);
    }
    context_.spec().conda.push_back({word.text, word.place});
  }

  void read_file(const ShellWord& word, const std::string& name, bool env) {
    const Path path = find_file_(name, word.place);
    as_named_at(word.place, [&] {
      const SpecText text = context_.read(path);
      refuse_templates(text);
      const bool yaml = name.ends_with(".yml") || name.ends_with(".yaml");
      if (env || yaml) {
        read_conda_environment(text, parse_yaml(text), context_);
      } else {
        read_list(text);
      }
    });
  }

  /// `conda install --file`: a MatchSpec a line.
  void read_list(const SpecText& text) {
    for (int number = 1; number <= text.line_count(); ++number) {
      const std::string_view line = trim(text.line(number));
      if (line.empty() || line.starts_with('#')) continue;
      add({std::string(line), text.place_of_line(number), false});
    }
  }

  std::span<const ShellWord> words_;
  const FindFile& find_file_;
  ReadingContext& context_;
  std::size_t at_ = 0;
  CondaTarget target_;
};

}  // namespace

FindFile files_in(const Path& directory, FileSystem& files) {
  return [directory, &files](const std::string& name, const SourcePlace& place) {
    Path path = path_beside(directory, name);
    if (!files.find_status(path.empty() ? Path(".") : path)) {
      throw error_at(place, fmt::format("no such file `{}`", path.string()));
    }
    return path;
  };
}

void read_pip_install(std::span<const ShellWord> arguments, const FindFile& find_file,
                      ReadingContext& context) {
  PipInstall(arguments, find_file, context).read();
}

CondaTarget read_conda_install(std::span<const ShellWord> words, const FindFile& find_file,
                               ReadingContext& context) {
  return CondaInstall(words, find_file, context).read();
}

void read_pip_arguments(const std::vector<RequirementLine>& lines, const Path& directory,
                        ReadingContext& context) {
  const FindFile find_file = files_in(directory, context.reading().files);
  for (const RequirementLine& line : lines) {
    if (!line.text.starts_with('-')) {
      RequirementsReader(context).read_line(line, directory);
      continue;
    }
    const ShellScript script{line.text, line.place};
    for (const ShellCommand& command : parse_shell(script, {})) {
      read_pip_install(command.words, find_file, context);
    }
  }
}

}  // namespace kasane::resolver
