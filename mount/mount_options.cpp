#include "mount/mount_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/printable.hpp"

namespace docteur {
namespace {

constexpr std::array<std::string_view, 36> kWithoutEffect = {"",
                                                             "ro",
                                                             "rw",
                                                             "defaults",
                                                             "auto",
                                                             "noauto",
                                                             "user",
                                                             "nouser",
                                                             "users",
                                                             "nousers",
                                                             "owner",
                                                             "noowner",
                                                             "group",
                                                             "nogroup",
                                                             "_netdev",
                                                             "nofail",
                                                             "suid",
                                                             "nosuid",
                                                             "dev",
                                                             "nodev",
                                                             "exec",
                                                             "async",
                                                             "atime",
                                                             "relatime",
                                                             "diratime",
                                                             "nodiratime",
                                                             "loud",
                                                             "silent",
                                                             "nolazytime",
                                                             "norelatime",
                                                             "nostrictatime",
                                                             "noiversion",
                                                             "nomand",
                                                             "default_permissions",
                                                             "nonempty",
                                                             "symfollow"};
constexpr std::array<std::string_view, 5> kForKernel = {"auto_unmount", "noexec", "noatime", "sync", "dirsync"};
constexpr std::array<std::string_view, 4> kLabels = {"context=", "fscontext=", "defcontext=", "rootcontext="};

outcome<std::uint32_t> to_id(std::string_view option, std::string_view digits) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || end != digits.data() + digits.size() || id == ~std::uint32_t{0})
    return give_up(blame::usage, "-o " + printable(option) + ": not a number");
  return id;
}

bool is_one_of(std::string_view option, const auto& set) { return std::ranges::find(set, option) != set.end(); }

bool is_comment(std::string_view option) {
  return option.starts_with("x-") || option.starts_with("X-") || option.starts_with("comment=");
}

outcome<void> add(std::string_view option, mount_options& to) {
  if (is_one_of(option, kWithoutEffect) || is_comment(option)) return {};
  if (is_one_of(option, kForKernel) ||
      std::ranges::any_of(kLabels, [&](std::string_view label) { return option.starts_with(label); })) {
    to.for_kernel.emplace_back(option);
  } else if (option.starts_with("uid=")) {
    DOCTEUR_TRY(id, to_id(option, option.substr(4)));
    to.user = id;
  } else if (option.starts_with("gid=")) {
    DOCTEUR_TRY(id, to_id(option, option.substr(4)));
    to.group = id;
  } else if (option == "allow_other") {
    to.allow_other = true;
  } else if (option == "allow_root") {
    to.allow_root = true;
  } else {
    return give_up(blame::usage, "-o " + printable(option) + ": unknown option");
  }
  return {};
}

}  // namespace

outcome<void> add_mount_options(std::string_view text, mount_options& to) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    DOCTEUR_CHECK(add(text.substr(at, comma - at), to));
    at = comma + 1;
  }
  if (to.allow_other && to.allow_root) return give_up(blame::usage, "-o allow_other and allow_root exclude each other");
  return {};
}

}  // namespace docteur
