#include "resolver/spec/copied_files.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "resolver/spec/reading_context.h"

namespace kasane::resolver {
namespace {

Error refused(const DockerInstruction& instruction, std::string message, std::string hint) {
  return Error(ErrorKind::kRefused, std::move(message))
      .hint(std::move(hint))
      .at(instruction.place());
}

/// Both forms: `COPY a b /c/` and `COPY ["a", "b", "/c/"]`.
std::vector<std::string> split_words(const std::string& arguments) {
  std::vector<std::string> words;
  if (arguments.starts_with('[')) {
    const auto list = nlohmann::json::parse(arguments, nullptr, false);
    if (list.is_array()) {
      for (const auto& item : list) {
        if (item.is_string()) words.push_back(item.get<std::string>());
      }
      return words;
    }
  }
  for (std::string_view rest = arguments; !rest.empty();) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
    if (!word.empty()) words.emplace_back(word);
    rest.remove_prefix(word.size());
  }
  return words;
}

bool is_below(const std::string& path, const std::string& directory) {
  return directory == "/" || (path.starts_with(directory) && path[directory.size()] == '/');
}

}  // namespace

void CopiedFiles::add(const DockerInstruction& instruction, const std::string& arguments,
                      const std::string& working_directory) {
  std::vector<std::string> words = split_words(arguments);
  std::erase_if(words, [&](const std::string& word) {
    if (!word.starts_with("--")) return false;
    if (word.starts_with("--chown") || word.starts_with("--chmod") || word == "--link") return true;
    throw refused(instruction,
                  fmt::format("`{}` takes files from elsewhere than the context", word),
                  "the image would lack them: copy from the context only");
  });
  if (words.size() < 2) {
    throw error_at(instruction.place(),
                   fmt::format("expected sources and a target after `{}`", instruction.name));
  }
  const std::string target = image_path(words.back(), working_directory);
  const bool into = words.size() > 2 || words.back().ends_with('/') || words.back() == "." ||
                    words.back() == "./";
  words.pop_back();
  for (const std::string& source : words) {
    if (source.find("://") != std::string::npos || source.starts_with("<<")) {
      throw refused(instruction, fmt::format("`{}` is no file of the context", source),
                    "the image would lack it: put it into the context");
    }
    add_one(instruction, source, target, into);
  }
}

void CopiedFiles::add_one(const DockerInstruction& instruction, const std::string& source,
                          const std::string& target, bool into) {
  std::string name = source;
  while (name.starts_with("./") || name.starts_with('/')) name.erase(0, name[0] == '/' ? 1 : 2);
  const Path from = path_beside(context_, name.empty() ? "." : name);
  const auto status = files_.find_status(from.empty() ? Path(".") : from);
  const bool whole = name.empty() || name == ".";
  if (!status && !whole && name.find_first_of("*?[") == std::string::npos) {
    throw error_at(instruction.place(), fmt::format("no such file `{}`", from.string()))
        .hint(fmt::format("the context is `{}`", context_.empty() ? "." : context_.string()));
  }
  const bool directory =
      whole || (status && status->type == FileStatus::Type::kDirectory) || name.ends_with('/');
  std::string place = target;
  if (!directory && (into || target == "/")) {
    place = image_path(Path(name).filename().string(), target);
  }
  copies_.push_back({instruction.place(), from.string(), std::move(place), directory, false});
}

std::optional<Path> CopiedFiles::find(const std::string& path,
                                      const std::string& working_directory) {
  const std::string wanted = image_path(path, working_directory);
  for (auto copy = copies_.rbegin(); copy != copies_.rend(); ++copy) {
    Path found;
    if (copy->target == wanted) {
      found = copy->source;
    } else if (copy->is_directory && is_below(wanted, copy->target)) {
      const std::size_t cut = copy->target == "/" ? 1 : copy->target.size() + 1;
      found = path_beside(copy->source, wanted.substr(cut));
    } else if (copy->source.find('*') != std::string::npos &&
               Path(copy->target).parent_path() == Path(wanted).parent_path()) {
      found = path_beside(Path(copy->source).parent_path(), Path(wanted).filename().string());
    } else {
      continue;
    }
    if (!files_.find_status(found.empty() ? Path(".") : found)) continue;
    copy->was_used = true;
    return found;
  }
  return std::nullopt;
}

bool CopiedFiles::covers(const std::string& path, const std::string& working_directory) const {
  const std::string wanted = image_path(path, working_directory);
  return std::any_of(copies_.begin(), copies_.end(), [&](const Copy& copy) {
    return copy.target == wanted || is_below(wanted, copy.target) || is_below(copy.target, wanted);
  });
}

std::string image_path(const std::string& path, const std::string& working_directory) {
  std::string out = (Path(working_directory) / path).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace kasane::resolver
