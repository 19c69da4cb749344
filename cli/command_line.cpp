#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>

namespace docteur::cli {

option option::required() {
  of_->required();
  return *this;
}

option option::excludes(option other) {
  of_->excludes(other.of_);
  return *this;
}

option option::needs(option other) {
  of_->needs(other.of_);
  return *this;
}

option option::in_range(unsigned least, unsigned most) {
  of_->check(CLI::Range(least, most));
  return *this;
}

option option::one_of(const std::vector<std::string>& words) {
  of_->check(CLI::IsMember(words));
  return *this;
}

option option::rewritten(std::function<outcome<std::string>(const std::string&)> rewrite) {
  of_->transform([rewrite = std::move(rewrite)](const std::string& text) {
    outcome<std::string> done = rewrite(text);
    if (!done) throw CLI::ValidationError(done.error().message);
    return *std::move(done);
  });
  return *this;
}

option option::with_unit() {
  of_->transform(CLI::AsSizeValue(false).description(""));
  return *this;
}

option option::one_at_a_time() {
  of_->allow_extra_args(false);
  return *this;
}

option option::description(const std::string& text) {
  of_->description(text);
  return *this;
}

option option::value_name(const std::string& name) {
  of_->type_name(name);
  return *this;
}

command_line::command_line(const std::string& description, const std::string& program)
    : app_(std::make_unique<CLI::App>(description, program)) {}

command_line::~command_line() = default;

option command_line::add_option(const std::string& names, std::string& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, std::optional<std::string>& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, std::vector<std::string>& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, std::uint32_t& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, std::optional<std::uint32_t>& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, std::uint64_t& to, const std::string& help) {
  return option(*app_->add_option(names, to, help));
}

option command_line::add_option(const std::string& names, const std::function<void(std::uint32_t)>& to,
                                const std::string& help) {
  return option(*app_->add_option_function<std::uint32_t>(names, to, help));
}

option command_line::add_flag(const std::string& names, bool& to, const std::string& help) {
  return option(*app_->add_flag(names, to, help));
}

option command_line::add_flag(const std::string& names, std::string& to, const std::string& help) {
  return option(*app_->add_flag(names, to, help));
}

void command_line::add_version_flag(const std::string& version) {
  app_->set_version_flag("--version", program() + " " + version);
}

const std::string& command_line::program() const noexcept { return app_->get_name(); }

option command_line::find(const std::string& name) const { return option(*app_->get_option(name)); }

outcome<bool> command_line::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
    return true;
  } catch (const CLI::Success& e) {
    app_->exit(e);
    std::cout.flush();
    if (!std::cout) return give_up(blame::environment, "stdout: cannot be written");
    return false;
  } catch (const CLI::ParseError& e) {
    return give_up(blame::usage, std::string(e.what()) + " (see " + program() + " --help)");
  }
}

}  // namespace docteur::cli
