#include "registry/image_copy.h"

#include <atomic>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "registry/image_index.h"
#include "registry/media_type.h"

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

/// Indexes may name indexes; a chain of them ends here.
constexpr int kMostIndexes = 4;

/// All that an index names, what is named before what names it.
struct Documents {
  std::vector<StoredManifest> all;
  std::vector<Manifest> manifests;
  std::set<Digest> seen;
};

void collect(const IndexSource& source, const StoredManifest& index, int depth, Documents& out) {
  if (depth == kMostIndexes) {
    throw Error(ErrorKind::kRefused,
                fmt::format("more than {} indexes name one another", kMostIndexes));
  }
  for (const ImageIndex::Entry& entry : ImageIndex::parse(index.text).entries) {
    const Descriptor& named = entry.descriptor;
    const bool is_index = media_type::is_index(named.media_type);
    if (!is_index && !media_type::is_manifest(named.media_type)) {
      throw Error(ErrorKind::kRefused,
                  fmt::format("the index names `{}` of the media type `{}`, expected manifests and "
                              "indexes",
                              named.digest.render(), named.media_type));
    }
    if (!out.seen.insert(named.digest).second) continue;
    StoredManifest document{source.read_document(named), named.media_type};
    if (is_index) {
      collect(source, document, depth + 1, out);
    } else {
      out.manifests.push_back(Manifest::parse(document.text));
    }
    out.all.push_back(std::move(document));
  }
}

void copy_referrers(const BlobSource& source, const std::vector<Manifest>& referrers,
                    ImageTarget& target, CopyResult& out) {
  for (const Manifest& referrer : referrers) {
    out.copied_bytes += copy_blobs(source, blobs_of(referrer), target);
    ++(target.publish_referrer(referrer) ? out.referrers : out.left_referrers);
  }
}

}  // namespace

std::uint64_t copy_blobs(const BlobSource& source, const std::vector<Descriptor>& blobs,
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
  if (with_referrers) copy_referrers(source, source.read_referrers(), target, out);
  target.publish(source.manifest(), tags);
  return out;
}

CopyResult copy_index(const IndexSource& source, ImageTarget& target,
                      const std::vector<std::string>& tags, bool with_referrers) {
  Documents documents;
  in_context([&] { return fmt::format("while copying from `{}`", source.reference()); },
             [&] { collect(source, source.index(), 0, documents); });
  std::vector<Descriptor> blobs;
  for (const Manifest& manifest : documents.manifests) {
    const auto more = blobs_of(manifest);
    blobs.insert(blobs.end(), more.begin(), more.end());
  }
  CopyResult out;
  out.manifests = documents.manifests.size();
  out.copied_bytes = copy_blobs(source, blobs, target);
  out.present_bytes = total(blobs) - out.copied_bytes;
  for (const StoredManifest& document : documents.all) target.add_document(document);
  if (with_referrers) {
    documents.all.push_back(source.index());
    for (const StoredManifest& document : documents.all) {
      const Digest digest = Digest::of(document.text);
      auto referrers = source.read_referrers(digest);
      // What the index names itself is copied by now.
      std::erase_if(referrers,
                    [&](const Manifest& one) { return documents.seen.contains(one.digest()); });
      copy_referrers(source, referrers, target, out);
    }
  }
  target.publish_index(source.index(), tags);
  return out;
}

}  // namespace kasane::registry
