#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/stream.h"

namespace kasane::registry {

namespace media_type {
inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kLayerTar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
}  // namespace media_type

/// A reference to bytes (OCI image-spec descriptor.md).
struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size_bytes = 0;
  std::map<std::string, std::string> annotations;
  bool operator==(const Descriptor&) const = default;
};

/// An image manifest, OCI or Docker schema 2. `text` is its exact bytes, whose digest names it.
struct Manifest {
  std::string text;
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;
  std::map<std::string, std::string> annotations;

  Digest digest() const { return Digest::of(text); }
  /// Reads and checks; an Error of kind kIntegrity says what is wrong.
  static Manifest parse(std::string text);
  /// A new OCI manifest; keys in a fixed order, so equal values give equal bytes.
  static Manifest make(Descriptor config, std::vector<Descriptor> layers,
                       std::map<std::string, std::string> annotations);
};

/// An image's configuration. Fields that are not named here are kept as they were read.
class ImageConfig {
 public:
  /// A new one for `linux/amd64` or `linux/arm64`, without layers.
  static ImageConfig make(std::string_view architecture);
  static ImageConfig parse(std::string_view json);
  ImageConfig(const ImageConfig&);
  ImageConfig& operator=(const ImageConfig&);
  ImageConfig(ImageConfig&&) noexcept;
  ImageConfig& operator=(ImageConfig&&) noexcept;
  ~ImageConfig();

  std::string architecture() const;
  std::vector<DiffId> diff_ids() const;
  std::optional<std::string> find_variable(std::string_view name) const;
  /// Replaces the variable in its place, or appends it.
  void set_variable(std::string_view name, std::string_view value);
  std::map<std::string, std::string> labels() const;
  void set_label(std::string_view name, std::string_view value);
  void set_command_if_missing(const std::vector<std::string>& command);
  /// Adds a layer on top, with one history line. `created` is fixed to the epoch.
  void append_layer(const DiffId& diff_id, std::string_view created_by);
  std::string user() const;
  /// Drops what differs from build to build (`created`, `author`, container ids).
  void make_reproducible();
  std::string render() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An image that can be read: its manifest, its configuration, its blobs. Thread-safe.
class ImageSource {
 public:
  virtual ~ImageSource() = default;
  /// As people would write it, for errors and reports.
  virtual std::string reference() const = 0;
  virtual const Manifest& manifest() const = 0;
  virtual const ImageConfig& config() const = 0;
  /// The blob's stored bytes. The caller reads to the end: a digest or size that does not match
  /// what the descriptor says is thrown there as an Error of kind kIntegrity.
  virtual std::unique_ptr<ByteSource> open_blob(const Descriptor& descriptor) const = 0;
};

/// A blob being written to a target; invisible until committed. Not thread-safe.
class TargetBlob : public ByteSink {
 public:
  virtual Digest commit() = 0;
};

/// Where an image is written to. Thread-safe until publish().
class ImageTarget {
 public:
  virtual ~ImageTarget() = default;
  virtual std::string reference() const = 0;
  virtual bool has_blob(const Digest& digest, std::uint64_t size_bytes) = 0;
  virtual std::unique_ptr<TargetBlob> begin_blob() = 0;
  /// The manifest that the target's tag names now, when there is one.
  virtual std::optional<Manifest> find_current() = 0;
  /// Makes the image visible: checks that each blob of the manifest is there, then writes the
  /// manifest, then the tags.
  virtual void publish(const Manifest& manifest, const std::vector<std::string>& tags) = 0;
};

}  // namespace kasane::registry
