#pragma once

#include <cstdint>
#include <optional>

#include "base/http.h"
#include "base/url.h"
#include "registry/remote/transport.h"

/// What both kinds of uploads know of sessions (distribution-spec, "Pushing blobs").
namespace kasane::registry {

/// The Scope that all requests of an upload need.
Scope upload_scope(const Transport& transport);
/// Asks for a session; repeating that is safe.
RemoteAnswer begin_upload(const Transport& transport);
/// How many bytes of an upload the registry says that it has.
std::optional<std::uint64_t> read_position(const HttpHeaders& headers);
/// Where the session ends with the blob of that digest.
Url finishing_url(const Url& session, const Digest& digest);

}  // namespace kasane::registry
