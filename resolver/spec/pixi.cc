#include "resolver/spec/pixi.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "resolver/conda/match_spec.h"
#include "resolver/spec/pyproject.h"

namespace kasane::resolver {
namespace {

const TomlNode* workspace_of(const TomlNode& table) {
  for (const char* name : {"workspace", "project"}) {
    const TomlNode* node = table.find(name);
    if (node != nullptr &&
        (node->find("channels") != nullptr || node->find("platforms") != nullptr)) {
      return node;
    }
  }
  return nullptr;
}

bool selects(std::string_view selector, std::string_view platform) {
  const std::string_view system = platform.substr(0, platform.find('-'));
  return selector == platform || selector == system ||
         (selector == "unix" && (system == "linux" || system == "osx"));
}

/// Reads one workspace.
class Reader {
 public:
  explicit Reader(ReadingContext& context) : context_(context) {}

  void read(const TomlNode& table) {
    const TomlNode* workspace = workspace_of(table);
    if (workspace != nullptr) read_workspace(*workspace);
    const TomlNode* chosen = table.find({"environments", "default"});
    const TomlNode* features =
        chosen != nullptr && chosen->is_table() ? chosen->find("features") : chosen;
    const TomlNode* bare = chosen != nullptr ? chosen->find("no-default-feature") : nullptr;
    if (bare == nullptr || !bare->is_true()) read_feature(table);
    if (features == nullptr) return;
    for (const TomlNode& name : expect_array(*features, "features").items) {
      const TomlNode* feature = table.find({"feature", expect_string(name, "features").text});
      if (feature == nullptr) {
        throw error_at(name.place, fmt::format("there is no feature `{}`", name.text));
      }
      if (const TomlNode* channels = feature->find("channels")) read_channels(*channels);
      read_feature(*feature);
    }
  }

 private:
  void read_workspace(const TomlNode& workspace) {
    EnvironmentSpec& spec = context_.spec();
    if (const TomlNode* name = workspace.find("name")) {
      spec.name = expect_string(*name, "name").text;
    }
    if (const TomlNode* channels = workspace.find("channels")) read_channels(*channels);
    if (const TomlNode* platforms = workspace.find("platforms")) {
      for (const TomlNode& platform : expect_array(*platforms, "platforms").items) {
        spec.platforms.push_back(expect_string(platform, "platforms").text);
      }
    }
  }

  void read_channels(const TomlNode& list) {
    std::vector<Requirement>& channels = context_.spec().channels;
    for (const TomlNode& item : expect_array(list, "channels").items) {
      const TomlNode* name = item.is_table() ? item.find("channel") : &item;
      if (name == nullptr) throw error_at(item.place, "expected `channel` in the table");
      const std::string& text = expect_string(*name, "channels").text;
      const bool known = std::any_of(channels.begin(), channels.end(),
                                     [&](const auto& channel) { return channel.text == text; });
      if (!known) channels.push_back({text, name->place});
    }
  }

  /// The tables that stand both at the top and in each `feature` and `target`.
  void read_feature(const TomlNode& table) {
    for (const char* name : {"dependencies", "host-dependencies", "build-dependencies"}) {
      const TomlNode* list = table.find(name);
      if (list == nullptr) continue;
      for (const auto& [package, value] : expect_table(*list, name).entries) {
        add_conda(package, value);
      }
    }
    if (const TomlNode* list = table.find("pypi-dependencies")) {
      for (const auto& [package, value] : expect_table(*list, "pypi-dependencies").entries) {
        add_pypi(package, value);
      }
    }
    if (const TomlNode* options = table.find("pypi-options")) read_options(*options);
    if (const TomlNode* variables = table.find({"activation", "env"})) {
      for (const auto& [name, value] : expect_table(*variables, "env").entries) {
        context_.spec().variables[name] = value.text;
      }
    }
    const TomlNode* targets = table.find("target");
    if (targets == nullptr) return;
    for (const auto& [selector, target] : targets->entries) {
      if (selects(selector, context_.reading().platform)) read_feature(target);
    }
  }

  void add_conda(const std::string& name, const TomlNode& value) {
    std::string text = name;
    if (value.is_table()) {
      text = conda_table(name, value);
    } else if (const std::string& version = expect_string(value, name).text; version != "*") {
      text += " " + version;
    }
    try {
      MatchSpec::parse(text);
    } catch (Error& error) {
      throw std::move(error).at(value.place);
    }
    context_.spec().conda.push_back({std::move(text), value.place});
  }

  static std::string conda_table(const std::string& name, const TomlNode& table) {
    std::string channel;
    std::vector<std::string> fields;
    for (const auto& [key, value] : table.entries) {
      if (key == "channel") {
        channel = expect_string(value, key).text + "::";
      } else if (key == "version" || key == "build" || key == "build-number" || key == "subdir" ||
                 key == "md5" || key == "sha256" || key == "url" || key == "file-name") {
        const std::string field = key == "build-number" ? "build_number"
                                  : key == "file-name"  ? "fn"
                                                        : key;
        if (value.text != "*") fields.push_back(fmt::format("{}='{}'", field, value.text));
      } else {
        throw Error(ErrorKind::kRefused, fmt::format("`{}` of `{}` cannot be taken up", key, name))
            .hint("kasane installs packages of channels: build the package first")
            .at(value.place);
      }
    }
    const std::string head = channel + name;
    return fields.empty() ? head : fmt::format("{}[{}]", head, fmt::join(fields, ","));
  }

  void add_pypi(const std::string& name, const TomlNode& value) {
    if (!value.is_table()) {
      const std::string& version = expect_string(value, name).text;
      add_pip_string(value, version == "*" ? name : name + version, context_);
      return;
    }
    const auto text_of = [&](std::string_view key) -> std::string {
      const TomlNode* node = value.find(key);
      return node == nullptr ? "" : expect_string(*node, key).text;
    };
    std::string text = name;
    if (const TomlNode* extras = value.find("extras")) {
      std::vector<std::string> names;
      for (const TomlNode& extra : expect_array(*extras, "extras").items) {
        names.push_back(extra.text);
      }
      text += fmt::format("[{}]", fmt::join(names, ","));
    }
    if (const std::string git = text_of("git"); !git.empty()) {
      const std::string revision = text_of("rev") + text_of("branch") + text_of("tag");
      const std::string below = text_of("subdirectory");
      text += fmt::format(" @ {}{}{}{}{}{}", git.starts_with("git+") ? "" : "git+", git,
                          revision.empty() ? "" : "@", revision,
                          below.empty() ? "" : "#subdirectory=", below);
    } else if (const std::string url = text_of("url"); !url.empty()) {
      text += " @ " + url;
    } else if (const std::string path = text_of("path"); !path.empty()) {
      add_path(value, path);
      return;
    } else if (const std::string version = text_of("version"); version != "*") {
      text += version;
    }
    if (const std::string marker = text_of("env-markers"); !marker.empty()) text += " ; " + marker;
    add_pip_string(value, text, context_);
  }

  void add_path(const TomlNode& value, const std::string& path) {
    const TomlNode* editable = value.find("editable");
    PipRequirement requirement;
    requirement.text = path.starts_with('.') || path.starts_with('/') ? path : "./" + path;
    requirement.place = value.place;
    requirement.editable = editable != nullptr && editable->is_true();
    context_.spec().pip.push_back(std::move(requirement));
  }

  void read_options(const TomlNode& options) {
    PipOptions& out = context_.spec().pip_options;
    for (const auto& [key, value] : expect_table(options, "pypi-options").entries) {
      if (key == "index-url") {
        out.index_url = expect_string(value, key).text;
      } else if (key == "extra-index-urls") {
        for (const TomlNode& url : expect_array(value, key).items) {
          out.extra_index_urls.push_back(expect_string(url, key).text);
        }
      } else if (key == "find-links") {
        for (const TomlNode& link : expect_array(value, key).items) {
          const TomlNode* place =
              link.find("url") != nullptr ? link.find("url") : link.find("path");
          if (place != nullptr) out.find_links.push_back(place->text);
        }
      } else {
        context_.warn(value.place, "option-not-taken",
                      fmt::format("`{}` of `pypi-options` is not taken up", key));
      }
    }
  }

  ReadingContext& context_;
};

}  // namespace

bool is_pixi(const TomlNode& table) { return workspace_of(table) != nullptr; }

void read_pixi(const TomlNode& table, ReadingContext& context) {
  Reader(context).read(table);
  const TomlNode* system = table.find("system-requirements");
  if (system == nullptr) return;
  context.warn(system->place, "section-not-taken",
               "`system-requirements` is not taken up: the base image tells what the system has");
}

}  // namespace kasane::resolver
