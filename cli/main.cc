#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/surroundings.h"

namespace kasane::cli {
namespace {

constexpr const char* kVersion = "kasane 0.1.0";

std::vector<std::string> known_words(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* sub : command.get_subcommands({})) words.push_back(sub->get_name());
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

std::string help_hint(const CLI::App& command) {
  std::string name = command.get_name();
  for (const CLI::App* up = command.get_parent(); up != nullptr; up = up->get_parent()) {
    name = up->get_name() + " " + name;
  }
  return fmt::format("run `{} --help`", name);
}

Error unknown_word(const CLI::App& command, const std::string& word) {
  const auto meant = find_suggestion(word, known_words(command));
  return Error(ErrorKind::kUsage, fmt::format("unknown argument `{}`", word))
      .hint(meant ? fmt::format("did you mean `{}`?", *meant) : help_hint(command));
}

/// CLI11's complaint in the form of the house. A word that no command knows comes first: that it
/// was misspelt is the likelier reason for what seems to be missing.
Error usage_error(const CLI::App& app, const CLI::ParseError& failure,
                  const std::vector<std::string>& arguments) {
  const CLI::App* command = &app;
  for (const std::string& argument : arguments) {
    const std::string word = argument.substr(0, argument.find('='));
    const auto words = known_words(*command);
    const bool known = std::find(words.begin(), words.end(), word) != words.end();
    if (word.starts_with("--") && word.size() > 2 && !known) return unknown_word(*command, word);
    if (word.starts_with("-") || command->get_subcommands({}).empty()) continue;
    if (!known) return unknown_word(*command, word);
    command = command->get_subcommand(word);
  }
  std::string message = failure.what();
  const bool word_first =
      message.size() > 1 &&
      (message[1] == ' ' || std::islower(static_cast<unsigned char>(message[1])) != 0);
  if (word_first) message[0] = static_cast<char>(std::tolower(message[0]));
  while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
  return Error(ErrorKind::kUsage, message).hint(help_hint(*command));
}

int run(int argc, char** argv) {
  Surroundings surroundings;
  CLI::App app("kasane turns conda and pip environments into container images, without Docker.",
               "kasane");
  app.set_version_flag("--version", kVersion, "Print the version and end");
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_build_command(app, surroundings);
  add_plan_command(app, surroundings);
  add_inspect_command(app, surroundings);
  add_unpack_command(app, surroundings);
  add_lock_command(app, surroundings);
  add_why_command(app, surroundings);
  add_spec_command(app, surroundings);
  add_copy_command(app, surroundings);
  add_import_base_command(app, surroundings);
  add_doctor_command(app, surroundings);
  add_cache_command(app, surroundings);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& failure) {
    throw usage_error(app, failure, std::vector<std::string>(argv + 1, argv + argc));
  }
}

/// What is large is to go back to the system as soon as it is free. Left alone, glibc raises its
/// bound for that to the largest block that it ever saw freed, and keeps the room of all such.
void bound_kept_memory() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

/// The number of a standard stream that is closed must not become that of a file of ours, into
/// which warnings would go. Writing to it still fails.
void fill_standard_streams() {
  for (int file = 0; file >= 0 && file <= STDERR_FILENO;) {
    file = ::open("/dev/null", O_RDONLY);
    if (file > STDERR_FILENO) ::close(file);
  }
}

}  // namespace
}  // namespace kasane::cli

int main(int argc, char** argv) {
  kasane::cli::fill_standard_streams();
  kasane::cli::bound_kept_memory();
  try {
    return kasane::cli::run(argc, argv);
  } catch (const kasane::Error& error) {
    std::fputs(error.render().c_str(), stderr);
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    std::fputs("error: not enough memory\n", stderr);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("error: {}\n", error.what()).c_str(), stderr);
  }
  return 1;
}
