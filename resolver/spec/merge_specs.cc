#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "resolver/spec/environment_spec.h"
#include "resolver/spec/spec_text.h"

namespace kasane::resolver {
namespace {

template <class Value>
void append(const std::vector<Value>& from, std::vector<Value>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

void append_new(const std::vector<std::string>& from, std::vector<std::string>& to) {
  for (const std::string& text : from) {
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  }
}

/// Joins specifications one after another.
class Merger {
 public:
  EnvironmentSpec take() { return std::move(out_); }

  void add(const EnvironmentSpec& spec) {
    refuse_whole(spec);
    if (!out_.name) out_.name = spec.name;
    add_base_image(spec);
    add_channels(spec);
    append(spec.conda, out_.conda);
    append(spec.pip, out_.pip);
    append(spec.constraints, out_.constraints);
    append(spec.references, out_.references);
    append(spec.warnings, out_.warnings);
    append_new(spec.sources, out_.sources);
    add_options(spec);
    add_variables(spec);
    add_python(spec);
    add_platforms(spec);
  }

 private:
  static void refuse_whole(const EnvironmentSpec& spec) {
    const std::string file = spec.sources.empty() ? "" : spec.sources.front();
    if (spec.lock) {
      throw Error(ErrorKind::kUsage, "a lock cannot be merged with other specifications")
          .at({file, 0, 0, "", 1});
    }
    if (!spec.environments.empty()) {
      throw Error(ErrorKind::kUsage,
                  fmt::format("expected one environment to merge, found {} in the file",
                              spec.environments.size()))
          .at({file, 0, 0, "", 1});
    }
  }

  void add_base_image(const EnvironmentSpec& spec) {
    if (!spec.base_image) return;
    if (out_.base_image && out_.base_image->text != spec.base_image->text) {
      throw error_at(
          spec.base_image->place,
          fmt::format("expected the base image `{}` of `{}`, found `{}`", out_.base_image->text,
                      render_place(out_.base_image->place), spec.base_image->text))
          .hint("name one base image for both");
    }
    if (!out_.base_image) out_.base_image = spec.base_image;
  }

  void add_channels(const EnvironmentSpec& spec) {
    for (const Requirement& channel : spec.channels) {
      const bool known = std::any_of(out_.channels.begin(), out_.channels.end(),
                                     [&](const auto& c) { return c.text == channel.text; });
      if (!known) out_.channels.push_back(channel);
    }
  }

  void add_options(const EnvironmentSpec& spec) {
    PipOptions& to = out_.pip_options;
    const PipOptions& from = spec.pip_options;
    if (from.index_url && to.index_url && *from.index_url != *to.index_url) {
      throw Error(ErrorKind::kUsage, "the specifications name different values of `--index-url`")
          .hint("name one index; further ones are for `--extra-index-url`")
          .at({spec.sources.empty() ? "" : spec.sources.front(), 0, 0, "", 1});
    }
    if (from.index_url) to.index_url = from.index_url;
    append_new(from.extra_index_urls, to.extra_index_urls);
    append_new(from.find_links, to.find_links);
    append_new(from.trusted_hosts, to.trusted_hosts);
    append(from.only_binary, to.only_binary);
    append(from.no_binary, to.no_binary);
    to.no_index |= from.no_index;
    to.pre |= from.pre;
    to.prefer_binary |= from.prefer_binary;
    to.require_hashes |= from.require_hashes;
  }

  void add_variables(const EnvironmentSpec& spec) {
    for (const auto& [name, value] : spec.variables) {
      const auto [known, is_new] = out_.variables.emplace(name, value);
      if (is_new || known->second == value) continue;
      throw Error(ErrorKind::kUsage,
                  fmt::format("the specifications give the variable `{}` different values", name))
          .hint("leave it in one of them only")
          .at({spec.sources.empty() ? "" : spec.sources.front(), 0, 0, "", 1});
    }
  }

  /// Both hold: that is what a comma means to PEP 440 and to conda.
  void add_python(const EnvironmentSpec& spec) {
    if (!spec.python) return;
    if (!out_.python) {
      out_.python = spec.python;
    } else if (out_.python->text != spec.python->text) {
      out_.python->text += "," + spec.python->text;
    }
  }

  void add_platforms(const EnvironmentSpec& spec) {
    if (spec.platforms.empty()) return;
    if (out_.platforms.empty()) {
      out_.platforms = spec.platforms;
      return;
    }
    std::erase_if(out_.platforms, [&](const std::string& platform) {
      return std::find(spec.platforms.begin(), spec.platforms.end(), platform) ==
             spec.platforms.end();
    });
    if (!out_.platforms.empty()) return;
    throw Error(ErrorKind::kUsage, "the specifications have no platform in common")
        .at({spec.sources.empty() ? "" : spec.sources.front(), 0, 0, "", 1});
  }

  EnvironmentSpec out_;
};

}  // namespace

EnvironmentSpec merge_specs(std::span<const EnvironmentSpec> specs) {
  if (specs.size() == 1) return specs.front();
  Merger merger;
  for (const EnvironmentSpec& spec : specs) merger.add(spec);
  EnvironmentSpec out = merger.take();
  out.kind = "merged";
  return out;
}

}  // namespace kasane::resolver
