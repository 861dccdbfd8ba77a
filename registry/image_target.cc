#include "registry/image_target.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kasane::registry {

void ImageTarget::copy_blob(const Descriptor& blob, const OpenBytes& open) {
  const auto source = open();
  const auto written = begin_blob();
  copy(*source, *written);
  const Digest digest = written->commit();
  if (digest == blob.digest) return;
  throw Error(ErrorKind::kIntegrity, fmt::format("digest mismatch: expected `{}`, got `{}`",
                                                 blob.digest.render(), digest.render()));
}

namespace {

Error one_image_only(const std::string& reference) {
  return Error(ErrorKind::kUsage,
               fmt::format("`{}` can hold one image, not one for several platforms", reference))
      .hint("choose one with `--platform`");
}

}  // namespace

void ImageTarget::add_document(const StoredManifest&) { throw one_image_only(reference()); }

void ImageTarget::publish_index(const StoredManifest&, const std::vector<std::string>&) {
  throw one_image_only(reference());
}

}  // namespace kasane::registry
