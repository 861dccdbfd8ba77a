#pragma once

#include <span>
#include <vector>

#include "resolver/conda/channel.h"
#include "resolver/conda/conda_candidates.h"
#include "resolver/conda/match_spec.h"
#include "resolver/spec/environment_spec.h"

namespace kasane::resolver {

/// One conda package that a person asks for, as it was written and as it is understood.
struct CondaRequest {
  MatchSpec spec;
  Requirement written;
};

/// What a specification asks of conda, in the order of the file: its MatchSpecs, the Python that it
/// names beside them, and `pip` where it has requirements for pip, as conda does. Errors point into
/// the file.
std::vector<CondaRequest> read_conda_requests(const EnvironmentSpec& spec);

/// The channels to look in, in order: those of the specification (`defaults` where it names none,
/// as conda does), then those that requests name (`pytorch::pytorch`).
std::vector<Channel> read_spec_channels(std::span<const Requirement> channels,
                                        const ChannelSettings& settings);
std::vector<Channel> with_channels_of(std::span<const CondaRequest> requests,
                                      std::vector<Channel> channels,
                                      const ChannelSettings& settings);

/// Completes the rules by what requests insist on: channels, and single files.
CandidateRules rules_for(std::span<const CondaRequest> requests, CandidateRules rules);

}  // namespace kasane::resolver
