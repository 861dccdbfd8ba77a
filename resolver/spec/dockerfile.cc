#include "resolver/spec/dockerfile.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "resolver/spec/copied_files.h"
#include "resolver/spec/docker_run.h"
#include "resolver/spec/dockerfile_lines.h"
#include "resolver/spec/spec_template.h"

namespace kasane::resolver {
namespace {

/// kasane sets these itself, to where it puts the environment.
constexpr std::array<std::string_view, 6> kOwnVariables = {"CONDA_PREFIX",
                                                           "CONDA_DEFAULT_ENV",
                                                           "AZUREML_CONDA_ENVIRONMENT_PATH",
                                                           "AZUREML_CONDA_DEFAULT_ENVIRONMENT",
                                                           "AZUREML_ENVIRONMENT_IMAGE",
                                                           "CONDA_PREFIX_1"};

bool is_own(std::string_view name) {
  return std::find(kOwnVariables.begin(), kOwnVariables.end(), name) != kOwnVariables.end();
}

/// A value of `ENV` or `ARG`: quotes and backslashes undone.
struct Assignment {
  std::string name;
  std::string value;
  SourcePlace place;
};

/// Reads one Dockerfile.
class Reader {
 public:
  Reader(const SpecText& text, const Path& directory, ReadingContext& context)
      : text_(text),
        context_(context),
        copied_(context.reading().files, directory),
        run_(context, copied_) {}

  void read() {
    for (const DockerInstruction& instruction : split_dockerfile(text_)) read(instruction);
    if (!seen_from_) throw text_.error("expected `FROM` in a Dockerfile");
    run_.finish();
    check_copies();
  }

 private:
  using Variables = std::map<std::string, std::string>;

  Error lost(const DockerInstruction& instruction, std::string message) const {
    return Error(ErrorKind::kRefused, std::move(message))
        .hint("kasane installs packages only: build a base image with it, and take the line out")
        .at(instruction.place());
  }

  void read(const DockerInstruction& instruction) {
    const std::string& name = instruction.name;
    if (name == "ARG") {
      read_arg(instruction);
    } else if (name == "FROM") {
      read_from(instruction);
    } else if (!seen_from_) {
      throw error_at(instruction.place(), fmt::format("expected `FROM` before `{}`", name));
    } else if (name == "ENV") {
      set_variables(instruction);
    } else if (name == "WORKDIR") {
      directory_ = image_path(expand(instruction, instruction.arguments), directory_);
    } else if (name == "COPY" || name == "ADD") {
      copied_.add(instruction, expand(instruction, instruction.arguments), directory_);
    } else if (name == "RUN") {
      run_.run(instruction, known(), directory_);
    } else {
      read_rest(instruction);
    }
  }

  /// What does not touch the environment's files.
  void read_rest(const DockerInstruction& instruction) {
    const std::string& name = instruction.name;
    if (name == "USER") {
      const std::string user = expand(instruction, instruction.arguments);
      if (user == "root" || user == "0" || user.starts_with("root:")) return;
      throw lost(instruction, fmt::format("the image would not run as the user `{}`", user));
    }
    constexpr std::array<std::string_view, 6> kTold = {"LABEL", "MAINTAINER",  "EXPOSE",
                                                       "CMD",   "HEALTHCHECK", "STOPSIGNAL"};
    if (std::find(kTold.begin(), kTold.end(), name) != kTold.end()) {
      context_.warn(instruction.place(), "not-taken",
                    fmt::format("`{}` is not taken up: the base image's stays", name));
      return;
    }
    throw lost(instruction, fmt::format("what `{}` says would be lost", name));
  }

  void read_arg(const DockerInstruction& instruction) {
    const std::string& text = instruction.arguments;
    const std::size_t equals = text.find('=');
    const std::string name(trim(text.substr(0, equals)));
    const auto setting = context_.reading().settings.find(name);
    if (setting != context_.reading().settings.end()) {
      arguments_[name] = setting->second;
    } else if (equals != std::string::npos) {
      for (const Assignment& assignment : assignments(instruction)) {
        arguments_[assignment.name] = assignment.value;
      }
    }
  }

  void read_from(const DockerInstruction& instruction) {
    if (seen_from_) {
      throw lost(instruction, "expected one stage, found a second `FROM`");
    }
    seen_from_ = true;
    std::vector<std::string> words;
    std::string expanded = expand(instruction, instruction.arguments);
    for (std::string_view rest = expanded; !rest.empty();) {
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      if (end > 0) words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!words.empty() && words.front().starts_with("--platform=")) {
      read_platform(instruction, words.front().substr(11));
      words.erase(words.begin());
    }
    if (words.empty() || words.front() == "scratch") {
      throw lost(instruction, "expected a base image after `FROM`");
    }
    const std::size_t at = instruction.arguments.find(words.front());
    context_.spec().base_image = Requirement{
        words.front(), at == std::string::npos ? instruction.place()
                                               : instruction.place(at, words.front().size())};
  }

  void read_platform(const DockerInstruction& instruction, const std::string& platform) {
    if (platform == "linux/amd64") {
      context_.spec().platforms = {"linux-64"};
    } else if (platform.starts_with("linux/arm64")) {
      context_.spec().platforms = {"linux-aarch64"};
    } else {
      throw lost(instruction,
                 fmt::format("expected `linux/amd64` or `linux/arm64`, found `{}`", platform));
    }
  }

  /// `NAME=VALUE NAME="VALUE"` or the old `NAME VALUE`.
  std::vector<Assignment> assignments(const DockerInstruction& instruction) const {
    const std::string& text = instruction.arguments;
    const std::size_t name_end = text.find_first_of("= \t");
    std::vector<Assignment> out;
    if (name_end == std::string::npos) {
      throw error_at(instruction.place(),
                     fmt::format("expected `NAME=VALUE` after `{}`", instruction.name));
    }
    if (text[name_end] != '=') {
      out.push_back({text.substr(0, name_end), std::string(trim(text.substr(name_end))),
                     instruction.place()});
      return out;
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t begin = at;
      Assignment assignment;
      const std::size_t equals = text.find('=', at);
      const bool named =
          equals != std::string::npos && equals > at && text.find_first_of(" \t\"'", at) >= equals;
      if (!named) {
        throw error_at(instruction.place(begin, text.size() - begin),
                       fmt::format("expected `NAME=VALUE`, found `{}`", text.substr(begin)));
      }
      assignment.name = text.substr(at, equals - at);
      at = read_value(text, equals + 1, assignment.value);
      assignment.place = instruction.place(begin, at - begin);
      out.push_back(std::move(assignment));
      at = std::min(text.find_first_not_of(" \t", at), text.size());
    }
    return out;
  }

  static std::size_t read_value(const std::string& text, std::size_t at, std::string& value) {
    char quote = '\0';
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (quote == '\0' && (c == ' ' || c == '\t')) break;
      if (quote == '\0' ? c == '"' || c == '\'' : c == quote) {
        quote = quote == '\0' ? c : '\0';
      } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
        value += text[++at];
      } else {
        value += c;
      }
    }
    return at;
  }

  /// A variable that the same instruction sets keeps its old value within it (Docker,
  /// "Environment replacement").
  void set_variables(const DockerInstruction& instruction) {
    const Variables before = known();
    for (const Assignment& assignment : assignments(instruction)) {
      set_variable(assignment, before);
    }
  }

  void set_variable(const Assignment& assignment, const Variables& before) {
    std::string value;
    const bool all_known = expand_shell_variables(assignment.value, before, value);
    const std::string& name = assignment.name;
    if (name == "PATH" || name == "LD_LIBRARY_PATH") {
      check_search_path(assignment, value);
      return;
    }
    variables_[name] = value;
    if (is_own(name)) return;
    if (!all_known) {
      throw Error(
          ErrorKind::kRefused,
          fmt::format("the value of `{}` depends on the base image's variables: `{}`", name, value))
          .hint("write the value out")
          .at(assignment.place);
    }
    context_.spec().variables[name] = value;
  }

  /// kasane puts the environment's own directories first, which is what most files do here.
  void check_search_path(const Assignment& assignment, const std::string& value) const {
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      const std::string part(rest.substr(0, colon));
      rest.remove_prefix(std::min(colon + 1, rest.size()));
      if (part.empty() || part == "$" + assignment.name || part == "${" + assignment.name + "}") {
        continue;
      }
      const bool own = std::any_of(variables_.begin(), variables_.end(), [&](const auto& variable) {
        return is_own(variable.first) && part.starts_with(variable.second + "/");
      });
      if (own || part.starts_with("/azureml-envs/") || part.starts_with("/opt/miniconda/") ||
          part.starts_with("/opt/conda/")) {
        continue;
      }
      throw Error(ErrorKind::kRefused,
                  fmt::format("`{}` in `{}` would be lost", part, assignment.name))
          .hint("kasane sets it to the environment's own directories and the base image's")
          .at(assignment.place);
    }
  }

  Variables known() const {
    Variables out = arguments_;
    for (const auto& [name, value] : variables_) out[name] = value;
    return out;
  }

  std::string expand(const DockerInstruction& instruction, const std::string& text) const {
    std::string out;
    if (expand_shell_variables(text, known(), out)) return out;
    throw error_at(instruction.place(),
                   fmt::format("`{}` holds a variable that has no value here", out))
        .hint("give it one with `ARG NAME=VALUE`, or with `--set NAME=VALUE`");
  }

  /// Files that no install reads would have been a part of the image.
  void check_copies() const {
    for (const CopiedFiles::Copy& copy : copied_.copies()) {
      if (copy.was_used && !copy.is_directory) continue;
      if (copy.was_used) {
        context_.warn(copy.place, "copy-not-taken",
                      fmt::format("of `{}` only what the installs read is taken up: its files are "
                                  "not put into the image",
                                  copy.source));
        continue;
      }
      throw Error(ErrorKind::kRefused, fmt::format("`{}` would not be in the image", copy.source))
          .hint("kasane installs packages only: take the line out, or build it into a base image")
          .at(copy.place);
    }
  }

  const SpecText& text_;
  ReadingContext& context_;
  CopiedFiles copied_;
  DockerRun run_;
  Variables arguments_;
  Variables variables_;
  std::string directory_ = "/";
  bool seen_from_ = false;
};

}  // namespace

void read_dockerfile(const Path& path, const Path& context_directory, ReadingContext& context) {
  read_dockerfile(context.read(path), context_directory, context);
}

void read_dockerfile(const SpecText& text, const Path& context_directory, ReadingContext& context) {
  refuse_templates(text);
  Reader(text, context_directory, context).read();
}

}  // namespace kasane::resolver
