#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/file_system.h"
#include "resolver/pypi/index_transport.h"

namespace kasane::resolver::pypi {

/// A file on a server, to read parts of.
struct RemoteFile {
  IndexRequest request;
  std::optional<std::uint64_t> size_bytes;
  std::optional<Digest> sha256;
};

/// Reads METADATA out of a wheel by requests for ranges of it (RFC 9110, section 14): the end,
/// where the central directory is, and what else is needed. A server that gives no ranges sends the
/// whole wheel; then its digest is checked, where one is known. `project` is normalised, `scratch`
/// is where large wheels are put meanwhile. Errors: kNetwork, kIntegrity, kRefused.
std::string fetch_wheel_metadata(const IndexTransport& transport, const RemoteFile& file,
                                 const std::string& project, const Path& scratch);

Digest hash_file(const ReadableFile& bytes);

/// The whole of a file, its digest checked where one is known.
std::unique_ptr<ReadableFile> fetch_whole(const IndexTransport& transport, const RemoteFile& file,
                                          const Path& scratch);

}  // namespace kasane::resolver::pypi
