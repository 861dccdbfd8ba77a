#include "resolver/resolve/conda_requests.h"

#include <algorithm>

#include <fmt/format.h>

#include "resolver/resolve/request_place.h"

namespace kasane::resolver {
namespace {

CondaRequest read_request(const Requirement& requirement, const std::string& text) {
  try {
    MatchSpec spec = MatchSpec::parse(text);
    if (!spec.has_exact_name()) {
      throw Error(ErrorKind::kFailed,
                  fmt::format("expected the name of one package, found `{}`", spec.name()));
    }
    return {std::move(spec), {text, requirement.place}};
  } catch (const Error& error) {
    throw at_its_place(error, requirement, text);
  }
}

bool names_a_file(const MatchSpec& spec) {
  const auto has = [&](std::string_view key) { return spec.fields().contains(key); };
  return has("url") || has("fn") || has("md5") || has("sha256");
}

}  // namespace

std::vector<CondaRequest> read_conda_requests(const EnvironmentSpec& spec) {
  std::vector<CondaRequest> requests;
  for (const Requirement& requirement : spec.conda) {
    requests.push_back(read_request(requirement, requirement.text));
  }
  if (spec.python) requests.push_back(read_request(*spec.python, "python " + spec.python->text));
  const bool has_pip = std::any_of(requests.begin(), requests.end(), [](const auto& request) {
    return request.spec.name() == "pip";
  });
  if (!spec.pip.empty() && !has_pip) requests.push_back(read_request(spec.pip.front(), "pip"));
  return requests;
}

std::vector<Channel> read_spec_channels(std::span<const Requirement> channels,
                                        const ChannelSettings& settings) {
  std::vector<std::string> texts;
  for (const Requirement& channel : channels) {
    texts.push_back(channel.text);
    try {
      read_channels(std::vector<std::string>{channel.text}, settings);
    } catch (const Error& error) {
      throw at_its_place(error, channel, "");
    }
  }
  if (texts.empty()) texts.emplace_back("defaults");
  return read_channels(texts, settings);
}

std::vector<Channel> with_channels_of(std::span<const CondaRequest> requests,
                                      std::vector<Channel> channels,
                                      const ChannelSettings& settings) {
  for (const CondaRequest& request : requests) {
    const auto& wanted = request.spec.channel();
    if (!wanted || wanted->find('*') != std::string::npos) continue;
    for (Channel& channel : read_channels(std::vector<std::string>{*wanted}, settings)) {
      const bool known = std::any_of(channels.begin(), channels.end(), [&](const Channel& other) {
        return other.url() == channel.url();
      });
      if (!known) channels.push_back(std::move(channel));
    }
  }
  return channels;
}

CandidateRules rules_for(std::span<const CondaRequest> requests, CandidateRules rules) {
  for (const CondaRequest& request : requests) {
    const MatchSpec& spec = request.spec;
    if (spec.channel()) rules.channels_by_name[spec.name()].push_back(*spec.channel());
    if (names_a_file(spec)) rules.names_by_file.push_back(spec.name());
  }
  return rules;
}

}  // namespace kasane::resolver
