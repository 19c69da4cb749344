#pragma once
// A program's options and arguments, parsed by CLI11. Only command_line.cpp includes CLI11's header, which takes longer
// to compile than a whole command. Hosted.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "object/failure.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace docteur::cli {

// An option or an argument of a command_line, which owns it. A copy is the same option. Each function returns *this.
class option {
 public:
  explicit option(CLI::Option& of) noexcept : of_(&of) {}

  option required();
  option excludes(option other);
  option needs(option other);
  // A number of `least` to `most`.
  option in_range(unsigned least, unsigned most);
  // One of these words.
  option one_of(const std::vector<std::string>& words);
  // Whatever `rewrite` returns of it. Its failure's message follows the option's name.
  option rewritten(std::function<outcome<std::string>(const std::string&)> rewrite);
  // A number that may have a unit: 512M, 2G (of 1024).
  option with_unit();
  // An option that can be repeated: one value each time, so that arguments may follow.
  option one_at_a_time();
  option description(const std::string& text);
  // What --help calls the value.
  option value_name(const std::string& name);

 private:
  CLI::Option* of_;
};

class command_line {
 public:
  command_line(const std::string& description, const std::string& program);
  ~command_line();

  // What follows adds an option, named "-q,--quiet", or an argument, named "image". parse() writes what is given to
  // `to`, which must live until then.
  option add_option(const std::string& names, std::string& to, const std::string& help);
  option add_option(const std::string& names, std::optional<std::string>& to, const std::string& help);
  option add_option(const std::string& names, std::vector<std::string>& to, const std::string& help);
  option add_option(const std::string& names, std::uint32_t& to, const std::string& help);
  option add_option(const std::string& names, std::optional<std::uint32_t>& to, const std::string& help);
  option add_option(const std::string& names, std::uint64_t& to, const std::string& help);
  option add_option(const std::string& names, const std::function<void(std::uint32_t)>& to, const std::string& help);
  option add_flag(const std::string& names, bool& to, const std::string& help);
  // A flag that may have a value, as --progress=plain; "true" without.
  option add_flag(const std::string& names, std::string& to, const std::string& help);
  // Adds --version, which prints the program's name and `version`.
  void add_version_flag(const std::string& version);

  // The option of this name, which was added.
  [[nodiscard]] option find(const std::string& name) const;
  [[nodiscard]] const std::string& program() const noexcept;

  // Returns whether the command has to be run: false if --help or --version was printed. Fails with blame::usage, and
  // with blame::environment if stdout cannot be written.
  [[nodiscard]] outcome<bool> parse(int argc, const char* const* argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace docteur::cli
