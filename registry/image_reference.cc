#include "registry/image_reference.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {
namespace {

constexpr std::string_view kLayoutScheme = "oci:";
constexpr std::string_view kArchiveScheme = "oci-archive:";
constexpr std::string_view kDockerArchiveScheme = "docker-archive:";
constexpr std::string_view kRegistryScheme = "docker://";

Error wrong(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// image-spec annotations.md, "org.opencontainers.image.ref.name".
bool is_ref_component(std::string_view text) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t word = at;
    while (at < text.size() && is_alphanumeric(text[at])) ++at;
    if (at == word) return false;
    if (at == text.size()) return true;
    if (text.substr(at).starts_with("--"))
      at += 2;
    else if (std::string_view("-._:@+").find(text[at]) != std::string_view::npos)
      at += 1;
    else
      return false;
  }
}

bool is_ref_name(std::string_view text) {
  for (;;) {
    const std::size_t slash = text.find('/');
    if (!is_ref_component(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

std::pair<std::string_view, std::optional<std::string_view>> split_path(std::string_view text,
                                                                        std::string_view what) {
  const std::size_t colon = text.find(':');
  const std::string_view path = text.substr(0, colon);
  if (path.empty()) throw wrong(fmt::format("expected {} before the tag, got none", what));
  if (path.find('\0') != std::string_view::npos) {
    throw wrong(fmt::format("expected {}, got a name with a NUL byte", what));
  }
  if (colon == std::string_view::npos) return {path, std::nullopt};
  return {path, text.substr(colon + 1)};
}

OciLayoutReference parse_layout(std::string_view text) {
  const auto [path, tag] = split_path(text, "a directory");
  OciLayoutReference out{Path(path), std::nullopt};
  if (tag) out.tag = check_ref_name(*tag);
  return out;
}

OciArchiveReference parse_archive(std::string_view text) {
  const auto [path, tag] = split_path(text, "a file");
  OciArchiveReference out{Path(path), std::nullopt};
  if (tag) out.tag = check_ref_name(*tag);
  return out;
}

DockerArchiveReference parse_docker_archive(std::string_view text) {
  const auto [path, name] = split_path(text, "a file");
  DockerArchiveReference out{Path(path), std::nullopt};
  if (!name) return out;
  const RegistryReference reference = RegistryReference::parse(*name);
  if (reference.digest()) {
    throw wrong(fmt::format("expected a name and a tag in a Docker archive, got the digest in `{}`",
                            *name));
  }
  out.name = reference.tag() ? reference : reference.with_tag("latest");
  return out;
}

void refuse_paths(std::string_view text) {
  if (!text.starts_with('/') && !text.starts_with('.') && !text.starts_with('~')) return;
  throw wrong(fmt::format("expected an image reference, got the path `{}`", text))
      .hint(fmt::format("write `oci:{0}` for an OCI layout, `oci-archive:{0}` or "
                        "`docker-archive:{0}` for an archive",
                        text));
}

void refuse_other_transports(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kOthers = {
      "docker-daemon:", "containers-storage:", "dir:",    "sif:",       "ostree:",
      "tarball:",       "ocidir://",           "docker:", "oci-layout:"};
  for (const std::string_view other : kOthers) {
    if (!text.starts_with(other)) continue;
    const std::string_view rest = text.substr(other.size());
    // `docker:24` is an image of that name.
    if (other == "docker:" && rest.find('/') == std::string_view::npos) continue;
    auto error = wrong(fmt::format("the transport `{}` is not known", other));
    if (other == "docker:") {
      throw std::move(error).hint(fmt::format("write `docker://{}`", rest));
    }
    if (other == "ocidir://" || other == "oci-layout:") {
      throw std::move(error).hint(fmt::format("write `oci:{}`", rest));
    }
    throw std::move(error).hint(
        "use `oci:DIR[:TAG]`, `oci-archive:FILE`, `docker-archive:FILE` or a registry reference");
  }
}

std::string with_tag(std::string_view scheme, const Path& path,
                     const std::optional<std::string>& tag) {
  return tag ? fmt::format("{}{}:{}", scheme, path.native(), *tag)
             : fmt::format("{}{}", scheme, path.native());
}

struct Renderer {
  std::string operator()(const ScratchReference&) const { return "scratch"; }
  std::string operator()(const OciLayoutReference& layout) const {
    return with_tag(kLayoutScheme, layout.directory, layout.tag);
  }
  std::string operator()(const OciArchiveReference& archive) const {
    return with_tag(kArchiveScheme, archive.file, archive.tag);
  }
  std::string operator()(const DockerArchiveReference& archive) const {
    return with_tag(kDockerArchiveScheme, archive.file,
                    archive.name ? std::optional(archive.name->render()) : std::nullopt);
  }
  std::string operator()(const RegistryReference& reference) const { return reference.render(); }
};

ImageReference::Value parse_value(std::string_view text) {
  if (text.empty()) throw wrong("expected an image reference, got nothing");
  if (text == "scratch") return ScratchReference{};
  if (text.starts_with(kLayoutScheme)) return parse_layout(text.substr(kLayoutScheme.size()));
  if (text.starts_with(kArchiveScheme)) return parse_archive(text.substr(kArchiveScheme.size()));
  if (text.starts_with(kDockerArchiveScheme)) {
    return parse_docker_archive(text.substr(kDockerArchiveScheme.size()));
  }
  if (text.starts_with(kRegistryScheme)) {
    return RegistryReference::parse(text.substr(kRegistryScheme.size()));
  }
  refuse_paths(text);
  refuse_other_transports(text);
  return RegistryReference::parse(text);
}

}  // namespace

std::string check_ref_name(std::string_view tag) {
  if (is_ref_name(tag)) return std::string(tag);
  throw wrong(
      fmt::format("expected a tag of letters and digits with `-`, `.`, `_`, `:`, `@`, `+` or "
                  "`/` between them, got `{}`",
                  tag.substr(0, 200)));
}

ImageReference ImageReference::parse(std::string_view text) {
  return ImageReference(parse_value(text));
}

ImageReference ImageReference::oci_layout(const Path& directory, std::optional<std::string> tag) {
  const std::string& name = directory.native();
  if (name.empty() || name.find_first_of(std::string_view(":\0", 2)) != std::string::npos) {
    throw wrong(fmt::format("expected the name of a directory without `:`, got `{}`", name));
  }
  if (tag) check_ref_name(*tag);
  return ImageReference(OciLayoutReference{directory, std::move(tag)});
}

std::string ImageReference::render() const { return std::visit(Renderer{}, value_); }

}  // namespace kasane::registry
