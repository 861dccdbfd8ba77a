#include "resolver/spec/docker_run.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace kasane::resolver {
namespace {

using Words = std::span<const ShellWord>;

template <std::size_t N>
bool is_among(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Programs that leave nothing behind in an image.
constexpr std::array<std::string_view, 11> kIdle = {
    "true", ":", "set", "export", "echo", "ldconfig", "which", "ls", "pwd", "activate", "sync"};
constexpr std::array<std::string_view, 9> kIdleConda = {
    "clean", "activate", "deactivate", "init", "info", "list", "tos", "index", "--version"};
constexpr std::array<std::string_view, 7> kIdlePip = {"cache", "check",     "list", "freeze",
                                                      "show",  "--version", "debug"};
constexpr std::array<std::string_view, 7> kIdleApt = {
    "update", "clean", "autoclean", "autoremove", "auto-clean", "-y", "-q"};
/// Variables in front of a command that change nothing that is installed.
constexpr std::array<std::string_view, 6> kIdleVariables = {
    "DEBIAN_FRONTEND",         "PIP_NO_CACHE_DIR",     "ACCEPT_EULA",
    "PYTHONDONTWRITEBYTECODE", "PIP_ROOT_USER_ACTION", "PIP_DISABLE_PIP_VERSION_CHECK"};

std::string_view program_of(std::string_view word) { return word.substr(word.rfind('/') + 1); }

Error lost(const ShellWord& word, std::string message) {
  return Error(ErrorKind::kRefused, std::move(message))
      .hint("kasane installs packages only: build a base image with it, and take the command out")
      .at(word.place);
}

std::string join_words(Words words) {
  std::vector<std::string> texts;
  for (const ShellWord& word : words) texts.push_back(word.text);
  return fmt::format("{}", fmt::join(texts, " "));
}

/// `/azureml-envs/x` of `/azureml-envs/x/bin/pip`; empty for a program that is found by `PATH`.
std::string prefix_of(const std::string& program) {
  const Path path(program);
  if (!path.has_parent_path()) return "";
  return path.parent_path().filename() == "bin" ? path.parent_path().parent_path().string() : "";
}

bool is_cache(const std::string& path) {
  constexpr std::array<std::string_view, 10> kCaches = {
      "/tmp/",    "/var/tmp/",    "/var/lib/apt/lists", "/var/cache/", "/root/.cache",
      "~/.cache", "$HOME/.cache", "${HOME}/.cache",     "/var/log/",   "/opt/miniconda/pkgs"};
  return std::any_of(kCaches.begin(), kCaches.end(),
                     [&](std::string_view cache) { return path.starts_with(cache); });
}

}  // namespace

void DockerRun::run(const DockerInstruction& instruction,
                    const std::map<std::string, std::string>& variables,
                    const std::string& working_directory) {
  directory_ = working_directory;
  std::string script = instruction.arguments;
  std::size_t shift = 0;
  while (std::string_view(script).substr(shift).starts_with("--")) {
    const std::size_t end = std::min(script.find_first_of(" \t", shift), script.size());
    const std::string option = script.substr(shift, end - shift);
    if (option.find("type=cache") == std::string::npos &&
        option.find("type=tmpfs") == std::string::npos) {
      throw lost({"", instruction.place(shift, end - shift)},
                 fmt::format("`{}` gives the command what kasane does not have", option));
    }
    shift = std::min(script.find_first_not_of(" \t", end), script.size());
  }
  if (script.substr(shift).starts_with("<<")) {
    throw lost({"", instruction.place()}, "expected commands on the line, found a here-document");
  }
  if (!script.substr(shift).starts_with('[')) {
    script.replace(0, shift, shift, ' ');
    run_script(
        {script, [&](auto offset, auto length) { return instruction.place(offset, length); }},
        variables);
    return;
  }
  const auto form = nlohmann::json::parse(script.substr(shift), nullptr, false);
  const bool shell = form.is_array() && form.size() == 3 && form[2].is_string() &&
                     form[1].is_string() && form[1].get<std::string>().ends_with('c');
  if (!shell) {
    throw lost({"", instruction.place()}, "expected a command of a shell, found another program");
  }
  run_script({form[2].get<std::string>(), [&](auto, auto) { return instruction.place(); }},
             variables);
}

void DockerRun::run_script(const ShellScript& script,
                           const std::map<std::string, std::string>& variables) {
  for (const ShellCommand& command : parse_shell(script, variables)) run_command(command);
}

void DockerRun::run_command(const ShellCommand& command) {
  for (const ShellWord& assignment : command.assignments) {
    const std::string name = assignment.text.substr(0, assignment.text.find('='));
    if (is_among(name, kIdleVariables)) continue;
    throw lost(assignment, fmt::format("`{}` is set for one command: what it does to an install "
                                       "would be lost",
                                       name));
  }
  Words words = command.words;
  if (words.front().text == "sudo") words = words.subspan(1);
  if (!words.empty()) run_words(words, "");
}

void DockerRun::run_words(Words words, const std::string& target) {
  const ShellWord& first = words.front();
  const std::string_view program = program_of(first.text);
  const std::string prefix = target.empty() ? prefix_of(first.text) : target;
  if (is_among(program, kIdle) || program == "source" || program == ".") return;
  if (program == "cd") {
    if (words.size() > 1) directory_ = image_path(words[1].text, directory_);
  } else if (program == "conda" || program == "mamba" || program == "micromamba") {
    run_conda(words);
  } else if (program == "pip" ||
             (program.starts_with("pip") && program.size() > 3 &&
              program.find_first_not_of("0123456789.", 3) == std::string_view::npos)) {
    run_pip(words.subspan(1), prefix);
  } else if (program == "python" || program.starts_with("python3") || program == "python2") {
    run_python(words, prefix);
  } else if (program == "apt-get" || program == "apt") {
    run_apt(words);
  } else if (program == "rm") {
    run_rm(words);
  } else {
    throw lost(first, fmt::format("what `{}` does would be lost", join_words(words)));
  }
}

void DockerRun::run_conda(Words words) {
  if (words.size() < 2) return;
  const std::string& verb = words[1].text;
  if (is_among(verb, kIdleConda)) return;
  if (verb == "run") {
    run_conda_inner(words.subspan(2));
  } else if (verb == "config") {
    throw lost(words[0], fmt::format("what `{}` sets would be lost", join_words(words)))
        .hint("name channels in the environment's file, or with `-c`");
  } else if (verb == "install" || verb == "create" || (verb == "env" && words.size() > 2)) {
    const std::string& action = verb == "env" ? words[2].text : verb;
    if (action != "install" && action != "create" && action != "update") {
      throw lost(words[0], fmt::format("what `{}` does would be lost", join_words(words)));
    }
    const std::size_t before = context_.spec().conda.size() + context_.spec().pip.size();
    const CondaTarget target = read_conda_install(words.subspan(1), find_file(), context_);
    const bool nothing = context_.spec().conda.size() + context_.spec().pip.size() == before;
    if (!nothing || target.creates) install_into(target.name, words[0].place, target.creates);
  } else {
    throw lost(words[0], fmt::format("what `{}` does would be lost", join_words(words)));
  }
}

/// What follows `conda run`: options, and a command within the environment that they name.
void DockerRun::run_conda_inner(Words words) {
  std::string target;
  while (!words.empty() && words.front().text.starts_with('-')) {
    const std::string& option = words.front().text;
    const bool named =
        option == "-n" || option == "--name" || option == "-p" || option == "--prefix";
    if (named && words.size() > 1) {
      target = words[1].text;
      words = words.subspan(1);
    } else if (option.starts_with("--name=") || option.starts_with("--prefix=")) {
      target = option.substr(option.find('=') + 1);
    }
    words = words.subspan(1);
  }
  if (!words.empty()) run_words(words, target);
}

void DockerRun::run_pip(Words words, const std::string& target) {
  while (!words.empty() && words.front().text.starts_with('-')) {
    if (is_among(words.front().text, kIdlePip)) return;
    words = words.subspan(1);
  }
  if (words.empty() || is_among(words.front().text, kIdlePip)) return;
  if (words.front().text != "install") {
    throw lost(words.front(), fmt::format("what `pip {}` does would be lost", join_words(words)));
  }
  install_into(target, words.front().place, false);
  read_pip_install(words.subspan(1), find_file(), context_);
}

void DockerRun::run_python(Words words, const std::string& target) {
  if (words.size() == 2 && (words[1].text == "--version" || words[1].text == "-V")) return;
  if (words.size() > 2 && words[1].text == "-m" && words[2].text == "pip") {
    run_pip(words.subspan(3), target);
    return;
  }
  throw lost(words[0], fmt::format("what `{}` does would be lost", join_words(words)));
}

void DockerRun::run_apt(Words words) const {
  std::size_t i = 1;
  while (i < words.size() && words[i].text.starts_with('-')) ++i;
  if (i == words.size() || is_among(words[i].text, kIdleApt)) return;
  std::vector<std::string> packages;
  for (const ShellWord& word : words.subspan(i + 1)) {
    if (!word.text.starts_with('-')) packages.push_back(word.text);
  }
  const std::string what =
      packages.empty() ? "what it changes" : fmt::format("`{}`", fmt::join(packages, "`, `"));
  throw lost(words[i], fmt::format("`{} {}` changes the system: {} would be lost", words[0].text,
                                   words[i].text, what));
}

void DockerRun::run_rm(Words words) const {
  for (const ShellWord& word : words.subspan(1)) {
    if (word.text.starts_with('-') || is_cache(word.text)) continue;
    if (copied_.covers(word.text, directory_) || word.text.find("/.cache") != std::string::npos ||
        word.text.ends_with("/pkgs")) {
      continue;
    }
    throw lost(word, fmt::format("`{}` of the base image would stay there", word.text));
  }
}

/// `target` is empty for the environment in use: the created one, else the base image's.
void DockerRun::install_into(const std::string& target, const SourcePlace& place, bool creates) {
  if (creates) {
    if (created_ || base_install_) {
      throw Error(ErrorKind::kRefused, "expected one environment, found a second one")
          .hint("make an image for each environment")
          .at(place);
    }
    created_ = target;
    return;
  }
  if (!created_) {
    if (!base_install_) base_install_ = place;
    return;
  }
  const std::string_view name = program_of(target);
  if (target.empty() || target == *created_ || name == program_of(*created_)) return;
  throw Error(ErrorKind::kRefused,
              fmt::format("expected installs into the environment `{}`, found one into `{}`",
                          *created_, target))
      .hint("an environment of the base image stays as it is: build it into the base image")
      .at(place);
}

void DockerRun::finish() {
  if (!base_install_) return;
  context_.warn(*base_install_, "base-environment",
                "the packages are meant for the base image's own environment; they make a new "
                "one here (`kasane overlay` adds to the image's)");
}

FindFile DockerRun::find_file() {
  return [this](const std::string& name, const SourcePlace& place) {
    const auto path = copied_.find(name, directory_);
    if (path) return *path;
    throw error_at(place, fmt::format("no such file `{}` in what was copied", name))
        .hint("copy it with `COPY` before");
  };
}

}  // namespace kasane::resolver
