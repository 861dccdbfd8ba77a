#include "registry/remote/upload_session.h"

#include <charconv>

namespace kasane::registry {

Scope upload_scope(const Transport& transport) {
  return Scope::push(transport.name().repository());
}

RemoteAnswer begin_upload(const Transport& transport) {
  const RemoteRequest asked{"POST", transport.url("blobs/uploads/"), upload_scope(transport)};
  // Repeating is safe: at worst an upload without bytes is left, which the registry drops.
  RemoteAnswer answer = transport.send(asked);
  if (answer.status() != 202) throw transport.refusal(asked, answer);
  return answer;
}

/// One past the last byte of `0-9`; some registries write `bytes=0-9`. distribution writes `0-0`
/// for an upload without bytes; nobody sends a first chunk of one byte.
std::optional<std::uint64_t> read_position(const HttpHeaders& headers) {
  const auto field = headers.find("Range");
  if (!field) return std::nullopt;
  std::string_view text = *field;
  if (text.starts_with("bytes=")) text.remove_prefix(6);
  if (!text.starts_with("0-")) return std::nullopt;
  text.remove_prefix(2);
  std::uint64_t last = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), last);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return last == 0 ? 0 : last + 1;
}

Url finishing_url(const Url& session, const Digest& digest) {
  return Url::parse(session.render() + (session.query().empty() ? "?" : "&") +
                    "digest=" + digest.render());
}

}  // namespace kasane::registry
