#include "resolver/spec/conda_environment.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/suggest.h"
#include "base/text.h"
#include "resolver/conda/match_spec.h"
#include "resolver/spec/known_keys.h"
#include "resolver/spec/requirements_reader.h"

namespace kasane::resolver {
namespace {

const std::array<std::string, 7> kKeys = {"name",   "channels",  "dependencies", "variables",
                                          "prefix", "platforms", "category"};

/// `linux` and `unix` of `sel(linux)`, and conda's own platform names.
bool selects(std::string_view selector, std::string_view platform) {
  const std::string_view system = platform.substr(0, platform.find('-'));
  if (selector == platform || selector == system) return true;
  if (selector == "unix") return system == "linux" || system == "osx";
  return false;
}

bool is_known_selector(std::string_view selector) {
  constexpr std::array<std::string_view, 5> kSystems = {"linux", "osx", "win", "unix",
                                                        "emscripten"};
  return std::find(kSystems.begin(), kSystems.end(), selector.substr(0, selector.find('-'))) !=
         kSystems.end();
}

/// Reads one document; lives as long as that takes.
class Reader {
 public:
  Reader(const SpecText& text, ReadingContext& context)
      : text_(text), context_(context), requirements_(context) {}

  void read(const YamlNode& root) {
    refuse_misplaced(root);
    check_keys(text_, root, kKeys, "an environment.yml", context_);
    if (const YamlNode* name = root.find("name"); name != nullptr && !name->is_null()) {
      context_.spec().name = expect_scalar(text_, *name, "name").text;
    }
    if (const YamlNode* channels = root.find("channels")) read_channels(*channels);
    if (const YamlNode* platforms = root.find("platforms")) read_platforms(*platforms);
    if (const YamlNode* variables = root.find("variables")) read_variables(*variables);
    if (const YamlNode* dependencies = root.find("dependencies")) read_dependencies(*dependencies);
    if (const YamlEntry* prefix = root.find_entry("prefix")) {
      context_.warn(place_of(text_, prefix->key), "prefix",
                    "`prefix` is passed over: where the environment lies is for `--prefix`");
    }
  }

 private:
  void refuse_misplaced(const YamlNode& root) const {
    const YamlEntry* pip = root.find_entry("pip");
    if (pip == nullptr) return;
    throw error_at(place_of(text_, pip->key),
                   "`pip` is a key of its own, not an item of "
                   "`dependencies`")
        .hint("write `  - pip:` at the end of `dependencies`, with its items indented further");
  }

  const YamlNode* find_list(const YamlNode& node, std::string_view name) const {
    if (node.is_null()) return nullptr;
    if (node.is_sequence()) return &node;
    throw error_at(place_of(text_, node),
                   fmt::format("expected a list for `{}`, found {}", name, node.describe()))
        .hint(fmt::format("begin each item of `{}` with `- `", name));
  }

  void read_channels(const YamlNode& node) {
    const YamlNode* list = find_list(node, "channels");
    if (list == nullptr) return;
    for (const YamlNode& item : list->items) {
      if (item.is_null()) continue;
      const std::string& channel = expect_scalar(text_, item, "channels").text;
      context_.spec().channels.push_back({channel, place_of(text_, item)});
    }
  }

  void read_platforms(const YamlNode& node) {
    const YamlNode* list = find_list(node, "platforms");
    if (list == nullptr) return;
    for (const YamlNode& item : list->items) {
      context_.spec().platforms.push_back(expect_scalar(text_, item, "platforms").text);
    }
  }

  void read_variables(const YamlNode& node) {
    if (node.is_null()) return;
    for (const YamlEntry& entry : expect_map(text_, node, "variables").entries) {
      const std::string& name = entry.key.text;
      if (name.empty() || name.find_first_of("= \t") != std::string::npos) {
        throw error_at(place_of(text_, entry.key),
                       fmt::format("expected the name of a variable, found `{}`", name));
      }
      context_.spec().variables[name] =
          entry.value.is_null() ? "" : expect_scalar(text_, entry.value, name).text;
    }
  }

  void read_dependencies(const YamlNode& node) {
    const YamlNode* list = find_list(node, "dependencies");
    if (list == nullptr) return;
    const std::size_t pip_before = context_.spec().pip.size();
    for (const YamlNode& item : list->items) {
      if (item.is_map()) {
        read_section(item);
      } else if (item.is_null()) {
        context_.warn(text_.place(item.line), "empty-item",
                      "an item of `dependencies` says nothing");
      } else {
        add_conda_requirement(text_, item, context_);
      }
    }
    note_implied_pip(pip_before);
  }

  void note_implied_pip(std::size_t pip_before) {
    EnvironmentSpec& spec = context_.spec();
    if (spec.pip.size() == pip_before) return;
    const bool named = std::any_of(spec.conda.begin(), spec.conda.end(), [](const auto& wanted) {
      return MatchSpec::parse(wanted.text).name() == "pip";
    });
    if (named) return;
    context_.warn(spec.pip[pip_before].place, "pip-implied",
                  "`pip` is not among the dependencies; it is taken as wanted");
  }

  /// `pip:` with its list, or `sel(linux):` with a requirement or a list of them.
  void read_section(const YamlNode& map) {
    for (const YamlEntry& entry : map.entries) {
      const std::string& key = entry.key.text;
      if (key == "pip") {
        read_pip(entry.value);
      } else if (key.starts_with("sel(") && key.ends_with(')')) {
        read_selected(entry, std::string(trim(std::string_view(key).substr(4, key.size() - 5))));
      } else {
        throw unknown_section(entry);
      }
    }
  }

  Error unknown_section(const YamlEntry& entry) const {
    const std::string& key = entry.key.text;
    Error error = error_at(place_of(text_, entry.key),
                           fmt::format("expected a requirement or `pip:`, found a map with the key "
                                       "`{}`",
                                       key));
    const std::array<std::string, 1> sections = {"pip"};
    if (find_suggestion(lower(key), sections)) return std::move(error).hint("did you mean `pip`?");
    if (entry.value.is_scalar()) {
      return std::move(error).hint(fmt::format("write `{}={}`", key, entry.value.text));
    }
    return std::move(error).hint(fmt::format("write `{}`, without the colon", key));
  }

  void read_pip(const YamlNode& node) {
    const YamlNode* list = find_list(node, "pip");
    if (list == nullptr) return;
    for (const YamlNode& item : list->items) {
      if (item.is_null()) continue;
      requirements_.read_item(text_, expect_scalar(text_, item, "pip"));
    }
  }

  void read_selected(const YamlEntry& entry, const std::string& selector) {
    if (!is_known_selector(selector)) {
      throw error_at(place_of(text_, entry.key), fmt::format("unknown selector `{}`", selector))
          .hint("selectors are `linux`, `osx`, `win`, `unix` and conda's platforms");
    }
    if (!selects(selector, context_.reading().platform)) return;
    if (!entry.value.is_sequence()) {
      add_conda_requirement(text_, entry.value, context_);
      return;
    }
    for (const YamlNode& item : entry.value.items) add_conda_requirement(text_, item, context_);
  }

  const SpecText& text_;
  ReadingContext& context_;
  RequirementsReader requirements_;
};

/// conda-build and conda-lock choose by `# [linux]`; in an environment.yml it is a comment.
void note_selector_comment(const SpecText& text, const YamlNode& node, ReadingContext& context) {
  if (node.text_column == 0) return;
  const std::string_view line = text.line(node.line);
  const std::string_view rest =
      trim(line.substr(std::min(line.size(), static_cast<std::size_t>(node.column - 1) +
                                                 static_cast<std::size_t>(node.length))));
  if (!rest.starts_with('#')) return;
  const std::string_view comment = trim(rest.substr(1));
  if (!comment.starts_with('[') || !comment.ends_with(']')) return;
  context.warn(
      place_of(text, node), "selector-comment",
      fmt::format("`# {}` is a comment here; write `sel(linux):` to choose by platform", comment));
}

}  // namespace

bool is_conda_environment(const YamlNode& root) {
  return root.find("dependencies") != nullptr || root.find("channels") != nullptr;
}

void read_conda_environment(const SpecText& text, const YamlNode& root, ReadingContext& context) {
  Reader(text, context).read(expect_map(text, root, "the environment"));
}

void add_conda_requirement(const SpecText& text, const YamlNode& node, ReadingContext& context) {
  expect_scalar(text, node, "a requirement");
  const std::string wanted(trim(node.text));
  const std::size_t shift = node.text.find(wanted);
  if (node.text_column == 0 && node.length == 1 && node.text.find(' ') != std::string::npos &&
      text.line(node.line + 1).find_first_not_of(" \t") != std::string_view::npos &&
      wanted.find(trim(text.line(node.line + 1))) != std::string::npos) {
    throw error_at(text.place_of_line(node.line + 1), "the line continues the requirement above it")
        .hint("begin each requirement with `- `");
  }
  try {
    MatchSpec::parse(wanted);
  } catch (Error& error) {
    const SourcePlace& inner = error.place();
    SourcePlace place = place_of(text, node);
    if (inner.column > 0) {
      place =
          place_in(text, node, shift + static_cast<std::size_t>(inner.column) - 1, inner.length);
    }
    throw std::move(error).at(std::move(place));
  }
  note_selector_comment(text, node, context);
  context.spec().conda.push_back({wanted, place_of(text, node)});
}

}  // namespace kasane::resolver
