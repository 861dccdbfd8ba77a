#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/stream.h"
#include "registry/descriptor.h"
#include "registry/image_index.h"
#include "registry/image_target.h"
#include "registry/manifest.h"
#include "registry/remote/transport.h"
#include "registry/stored_manifest.h"

namespace kasane::registry {

/// One repository of a registry (OCI distribution-spec 1.1). What comes from it is verified; what
/// may be repeated is repeated for as long as the options say. Thread-safe. Borrows client and
/// authenticator.
class Client {
 public:
  /// What tokens are asked for: one that allows to push serves reading too.
  enum class Purpose { kRead, kWrite };
  using HasBlob = std::function<bool(const Digest&, std::uint64_t)>;

  Client(HttpClient& http, Authenticator& authenticator, const RegistryReference& name,
         RemoteOptions options, Purpose purpose = Purpose::kRead);

  /// The manifest of a tag or digest; nothing when there is none. One that does not match the
  /// digest asked for, or the one that the registry states, is an Error of kind kIntegrity.
  std::optional<StoredManifest> find_manifest(const std::string& tag_or_digest) const;
  /// The same without its bytes. A registry that does not say the digest is asked for all of it.
  std::optional<Descriptor> find_descriptor(const std::string& tag_or_digest) const;
  bool has_blob(const Digest& digest, std::uint64_t size_bytes) const;
  /// The bytes, verified; taken up again after a break. Must not outlive the client.
  std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor, std::string what) const;

  /// Bytes whose digest is not known yet; committed, the repository has the blob. Must not outlive
  /// the client.
  std::unique_ptr<TargetBlob> begin_blob() const;
  /// The same; `has_blob` is asked before anything is sent of a blob of one piece, and after a
  /// break.
  std::unique_ptr<TargetBlob> begin_blob(HasBlob has_blob) const;
  /// The same for a blob whose digest is known, in one piece; `open` is called again after a break.
  /// What it throws comes out of here. Whether the blob is there already is not asked.
  void send_blob(const Descriptor& descriptor, const ImageTarget::OpenBytes& open) const;
  /// Takes the blob over from another repository of the same registry; false when the registry
  /// does not do that.
  bool mount_blob(const Digest& digest, const std::string& from_repository) const;
  /// Names the manifest; all its blobs must be there.
  void put_manifest(const std::string& tag_or_digest, const StoredManifest& manifest) const;

  /// Names a manifest with a subject by its digest. Where the registry keeps no list of referrers,
  /// it is entered under the fallback tag, whose other entries stay.
  void put_referrer(const Manifest& manifest) const;

  /// What the registry says the time is; nothing when it does not.
  std::optional<std::chrono::system_clock::time_point> fetch_time() const;
  /// Whether blobs may be sent: an upload is begun, and given up.
  bool may_write() const;
  /// All repositories of the registry, sorted bytewise. An Error of kind kRefused when it does not
  /// tell.
  std::vector<std::string> fetch_repositories(unsigned page_size = 1000) const;
  /// All tags, sorted bytewise.
  std::vector<std::string> fetch_tags(unsigned page_size = 1000) const;
  /// What refers to the manifest; by the fallback tag where the registry has no such list.
  ImageIndex fetch_referrers(const Digest& digest) const;
  /// False when it is not there. An Error of kind kRefused when the registry deletes nothing. What
  /// refers to another manifest leaves that one's fallback tag, whose other entries stay.
  bool delete_manifest(const Digest& digest) const;
  bool delete_tag(const std::string& tag) const;

  const RegistryReference& name() const { return transport_.name(); }
  const RemoteOptions& options() const { return transport_.options(); }

 private:
  RemoteRequest request(std::string method, std::string_view rest, Scope scope) const;
  /// The texts in the array `field` of all pages of a list; nothing when there is no such list.
  std::optional<std::vector<std::string>> fetch_list(RemoteRequest asked, const char* field,
                                                     std::string_view what) const;
  bool remove(const std::string& tag_or_digest) const;
  void give_up(const RemoteAnswer& upload) const;
  RemoteAnswer put(const std::string& tag_or_digest, const StoredManifest& manifest) const;
  void leave_fallback(const Digest& subject, const Digest& referrer) const;
  /// Writes the list of referrers under the fallback tag as `change` makes it of what is there,
  /// again and again while others overwrite it, until `done` says so of what stands there.
  void update_fallback(const Digest& subject,
                       const std::function<std::string(std::string_view)>& change,
                       const std::function<bool(const ImageIndex&)>& done) const;
  /// The next page of a list, by its `Link` header (RFC 8288).
  std::optional<Url> next_page(const RemoteAnswer& answer) const;

  Transport transport_;
  /// For requests that read.
  Scope scope_;
};

}  // namespace kasane::registry
