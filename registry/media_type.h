#pragma once

#include <string>
#include <string_view>

namespace kasane::registry::media_type {

inline constexpr std::string_view kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kConfig = "application/vnd.oci.image.config.v1+json";
/// `{}`, for artifacts without a configuration.
inline constexpr std::string_view kEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kLayerTar = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";

inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayerTar = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kDockerLayerZstd =
    "application/vnd.docker.image.rootfs.diff.tar.zstd";

bool is_manifest(std::string_view type);
bool is_index(std::string_view type);
bool is_image_config(std::string_view type);
/// A layer whose bytes are in the store: a tar, plain, gzip or zstd.
bool is_layer(std::string_view type);
/// A layer that is fetched from elsewhere, or may not be passed on.
bool is_foreign_layer(std::string_view type);
/// The OCI name of a Docker schema 2 type; any other type as it is.
std::string to_oci(std::string_view type);

}  // namespace kasane::registry::media_type
