#pragma once

namespace CLI {
class App;
}  // namespace CLI

namespace kasane::cli {

class Surroundings;

/// Each adds one command to the program. What a command does runs within CLI11's parsing, so that
/// errors leave through it. Both arguments outlive the parsing.
void add_build_command(CLI::App& app, Surroundings& surroundings);
void add_plan_command(CLI::App& app, Surroundings& surroundings);
void add_inspect_command(CLI::App& app, Surroundings& surroundings);
void add_unpack_command(CLI::App& app, Surroundings& surroundings);
void add_lock_command(CLI::App& app, Surroundings& surroundings);
void add_why_command(CLI::App& app, Surroundings& surroundings);
void add_spec_command(CLI::App& app, Surroundings& surroundings);
void add_copy_command(CLI::App& app, Surroundings& surroundings);
void add_import_base_command(CLI::App& app, Surroundings& surroundings);
void add_doctor_command(CLI::App& app, Surroundings& surroundings);
void add_cache_command(CLI::App& app, Surroundings& surroundings);

}  // namespace kasane::cli
