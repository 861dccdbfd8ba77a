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

}  // namespace kasane::registry
