#include "registry/open_image.h"

#include <fmt/format.h>

#include "base/error.h"
#include "registry/docker_archive_image.h"
#include "registry/docker_archive_target.h"
#include "registry/layout_image.h"
#include "registry/layout_index.h"
#include "registry/oci_archive_target.h"
#include "registry/oci_layout_target.h"
#include "registry/remote/registries.h"
#include "registry/remote/remote_image.h"
#include "registry/remote/remote_index.h"
#include "registry/remote/remote_target.h"

namespace kasane::registry {
namespace {

template <class... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <class... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

[[noreturn]] void refuse(const ImageReference& reference, std::string_view expected) {
  throw Error(ErrorKind::kUsage, fmt::format("expected {}, got `{}`", expected, reference.render()))
      .hint("use `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or `docker-archive:FILE[:NAME:TAG]`");
}

std::unique_ptr<BlobFiles> open_archive(FileSystem& files, const Path& path) {
  auto archive = std::make_unique<ArchiveFiles>(files.open_file(path), path.native());
  if (archive->find("oci-layout") == nullptr && archive->find("manifest.json") != nullptr) {
    throw Error(ErrorKind::kFailed,
                fmt::format("`{}` is a Docker archive, not one of an OCI layout", path.native()))
        .hint(fmt::format("write `docker-archive:{}`", path.native()));
  }
  return archive;
}

std::unique_ptr<BlobFiles> open_directory(FileSystem& files, const Path& path) {
  const auto status = files.find_status(path);
  if (!status) {
    throw Error(ErrorKind::kFailed, fmt::format("no such directory: `{}`", path.native()));
  }
  if (status->type == FileStatus::Type::kFile) {
    throw Error(ErrorKind::kFailed,
                fmt::format("expected a directory, `{}` is a file", path.native()))
        .hint(fmt::format("write `oci-archive:{0}` or `docker-archive:{0}` for an archive",
                          path.native()));
  }
  return std::make_unique<DirectoryFiles>(files, path);
}

}  // namespace

std::unique_ptr<ImageSource> open_source(FileSystem& files, const ImageReference& reference,
                                         const SourceOptions& options) {
  using Result = std::unique_ptr<ImageSource>;
  const auto layout = [&](std::unique_ptr<BlobFiles> store,
                          const std::optional<std::string>& tag) -> Result {
    return std::make_unique<LayoutImage>(
        std::make_unique<LayoutReader>(std::move(store), reference.render()), tag,
        options.platform);
  };
  return std::visit(Overloaded{
                        [&](const OciLayoutReference& oci) -> Result {
                          return layout(open_directory(files, oci.directory), oci.tag);
                        },
                        [&](const OciArchiveReference& oci) -> Result {
                          return layout(open_archive(files, oci.file), oci.tag);
                        },
                        [&](const DockerArchiveReference& docker) -> Result {
                          return std::make_unique<DockerArchiveImage>(files, docker,
                                                                      options.platform);
                        },
                        [&](const RegistryReference& name) -> Result {
                          if (options.registries == nullptr) refuse(reference, "an image on disk");
                          return std::make_unique<RemoteImage>(
                              options.registries->open(name, Client::Purpose::kRead),
                              options.platform, options.registries->documents());
                        },
                        [&](const ScratchReference&) -> Result { refuse(reference, "an image"); },
                    },
                    reference.value());
}

std::unique_ptr<IndexSource> open_index(FileSystem& files, const ImageReference& reference,
                                        const Registries* registries) {
  const auto layout = [&](std::unique_ptr<BlobFiles> store, const std::optional<std::string>& tag) {
    return LayoutIndex::find(std::make_unique<LayoutReader>(std::move(store), reference.render()),
                             tag);
  };
  if (const auto* oci = reference.find<OciLayoutReference>()) {
    return layout(open_directory(files, oci->directory), oci->tag);
  }
  if (const auto* oci = reference.find<OciArchiveReference>()) {
    return layout(open_archive(files, oci->file), oci->tag);
  }
  const auto* name = reference.find<RegistryReference>();
  if (name == nullptr) return nullptr;
  if (registries == nullptr) refuse(reference, "an image on disk");
  return RemoteIndex::find(registries->open(*name, Client::Purpose::kRead));
}

std::unique_ptr<ImageTarget> open_target(FileSystem& files, const ImageReference& reference,
                                         const Registries* registries) {
  using Result = std::unique_ptr<ImageTarget>;
  return std::visit(
      Overloaded{
          [&](const OciLayoutReference& oci) -> Result {
            return std::make_unique<OciLayoutTarget>(files, oci);
          },
          [&](const OciArchiveReference& oci) -> Result {
            return std::make_unique<OciArchiveTarget>(files, oci);
          },
          [&](const DockerArchiveReference& docker) -> Result {
            return std::make_unique<DockerArchiveTarget>(files, docker);
          },
          [&](const RegistryReference& name) -> Result {
            if (registries == nullptr) refuse(reference, "a target on disk");
            return std::make_unique<RemoteTarget>(registries->open(name, Client::Purpose::kWrite));
          },
          [&](const ScratchReference&) -> Result { refuse(reference, "a target"); },
      },
      reference.value());
}

std::optional<std::string> find_layout_hint(FileSystem& files, std::string_view name) {
  const Path path(name.substr(0, name.rfind(':')));
  for (const Path& candidate : {Path(name), path}) {
    if (files.find_status(candidate / "oci-layout")) {
      return fmt::format("did you mean `oci:{}`?", name);
    }
    const auto status = files.find_status(candidate);
    if (status && status->type == FileStatus::Type::kFile) {
      return fmt::format("did you mean `oci-archive:{0}` or `docker-archive:{0}`?", name);
    }
  }
  return std::nullopt;
}

}  // namespace kasane::registry
