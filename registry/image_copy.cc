#include "registry/image_copy.h"

#include <atomic>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"

namespace kasane::registry {
namespace {

std::vector<Descriptor> blobs_of(const Manifest& manifest) {
  std::vector<Descriptor> out = manifest.layers;
  out.push_back(manifest.config);
  return out;
}

std::uint64_t total(const std::vector<Descriptor>& blobs) {
  std::uint64_t bytes = 0;
  std::set<Digest> seen;
  for (const Descriptor& blob : blobs) {
    if (seen.insert(blob.digest).second) bytes += blob.size_bytes;
  }
  return bytes;
}

}  // namespace

std::uint64_t copy_blobs(const ImageSource& source, const std::vector<Descriptor>& blobs,
                         ImageTarget& target) {
  std::vector<Descriptor> wanted;
  std::set<Digest> seen;
  const auto place = source.place();
  for (const Descriptor& blob : blobs) {
    if (!seen.insert(blob.digest).second) continue;
    if (place) target.add_place(blob.digest, *place);
    wanted.push_back(blob);
  }
  std::atomic<std::uint64_t> copied = 0;
  parallel_for(wanted.size(), target.parallel(), [&](std::size_t i) {
    const Descriptor& blob = wanted[i];
    if (target.has_blob(blob.digest, blob.size_bytes)) return;
    in_context([&] { return fmt::format("while copying from `{}`", source.reference()); },
               [&] { target.copy_blob(blob, [&] { return source.open_blob(blob); }); });
    copied += blob.size_bytes;
  });
  return copied;
}

CopyResult copy_image(const ImageSource& source, ImageTarget& target,
                      const std::vector<std::string>& tags, bool with_referrers) {
  CopyResult out;
  // Asked first: what the image of that name holds need not be asked for blob by blob.
  target.find_current();
  std::vector<Descriptor> blobs = blobs_of(source.manifest());
  out.copied_bytes = copy_blobs(source, blobs, target);
  out.present_bytes = total(blobs) - out.copied_bytes;
  if (with_referrers) {
    for (const Manifest& referrer : source.read_referrers()) {
      out.copied_bytes += copy_blobs(source, blobs_of(referrer), target);
      ++(target.publish_referrer(referrer) ? out.referrers : out.left_referrers);
    }
  }
  target.publish(source.manifest(), tags);
  return out;
}

}  // namespace kasane::registry
