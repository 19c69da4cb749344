// docteur-mount: shows an image as a folder.

#include <malloc.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>

#include "base/oid_text.hpp"
#include "base/printable.hpp"
#include "cli/background.hpp"
#include "cli/common.hpp"
#include "cli/image_argument.hpp"
#include "cli/mount_helper.hpp"
#include "cli/remote_options.hpp"
#include "host/describe.hpp"
#include "host/heap.hpp"
#include "mount/serve_mount.hpp"

namespace docteur::cli {
namespace {

constexpr const char* kProgram = "docteur-mount";
constexpr std::uint64_t kVersions = std::uint64_t{64} << 20;  // bytes for the paths of versions
constexpr int kMapped = 1 << 20;  // bytes: larger blocks go back to the system when they are released

struct mount_command {
  std::string image;
  std::string folder;
  std::vector<std::string> options;
  unsigned threads = 0;
  bool foreground = false;
  bool verbose = false;
  bool fake = false;
  std::optional<std::string> digest;
  std::string version;
  bool versions = false;
  reading_options remote;
};

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real == nullptr ? std::string() : std::string(real.get());
}

outcome<std::string> mount_point(const std::string& folder) {
  const auto failed = [&](int why) {
    return give_up(blame::environment, printable(folder) + ": " + std::strerror(why));
  };
  std::string real = real_path(folder);
  if (real.empty()) return failed(errno);
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0) return failed(errno);
  if (!S_ISDIR(info.st_mode)) return failed(ENOTDIR);
  return real;
}

// Reports content that cannot be read: on stderr in the foreground, else in the system's log. One line a second at
// most.
class fault_log {
 public:
  fault_log(const opened_image& from, bool foreground) : from_(from), foreground_(foreground) {}

  void report(mounted_tree& in, const mounted_node& n, const error& e) {
    const std::time_t now = std::time(nullptr);
    if (last_.exchange(now) == now) return;
    const auto id = in.id(n);
    const failure why = describe(e, from_.shown() + ": " + std::string(name(n.kind)) + (id ? " " + hex_text(*id) : ""));
    if (foreground_) return say(kProgram, why.message);
    ::syslog(LOG_DAEMON | LOG_ERR, "%s", printable_line(why.message).c_str());
  }

 private:
  const opened_image& from_;
  bool foreground_;
  std::atomic<std::time_t> last_{0};
};

outcome<std::unique_ptr<mounted_snapshots>> trees_of(const opened_image& image, bool versions) {
  if (!versions) return std::make_unique<mounted_snapshots>(image.snapshot());
  auto all = mounted_snapshots::of_versions(image.snapshot(), kVersions);
  if (!all) return tl::make_unexpected(describe(all.error(), image.shown()));
  return std::move(*all);
}

// "... on ", with what --verbose says.
std::string what_is_mounted(const opened_image& image, const mounted_snapshots& trees) {
  if (trees.has_versions())
    return std::to_string(trees.entries().size()) + " versions of " + image.shown() + " are on ";
  return "commit " + hex_text(image.snapshot().commit_id()) + " of " + image.shown() + ", " +
         std::to_string(image.snapshot().tree().size()) + " paths, is on ";
}

outcome<void> mount(const mount_command& command) {
  mount_plan plan;
  plan.threads = command.threads;
  for (const std::string& text : command.options) DOCTEUR_CHECK(add_mount_options(text, plan.options));
  DOCTEUR_TRY(folder, mount_point(command.folder));
  plan.folder = folder;
  background parent;
  if (!command.foreground && !command.fake) {
    DOCTEUR_TRY(started, background::start());
    parent = std::move(started);
  }
  ::mallopt(M_MMAP_THRESHOLD, kMapped);
  ::openlog(kProgram, LOG_PID, LOG_DAEMON);
  reading_options reading = command.remote;
  if (!command.foreground)
    reading.tell = [](const std::string& line) { ::syslog(LOG_DAEMON | LOG_WARNING, "%s", line.c_str()); };
  DOCTEUR_TRY(session, image_session::open(command.image, reading, command.digest, {.version = command.version}));
  if (command.fake) return {};
  const opened_image* const image = &session->image();
  plan.source = real_path(command.image);
  if (plan.source.empty()) plan.source = image->shown();

  fault_log faults(*image, command.foreground);
  DOCTEUR_TRY(snapshots, trees_of(*image, command.versions));
  mounted_tree tree(*snapshots, heap_memory(),
                    {plan.options.user.value_or(::getuid()), plan.options.group.value_or(::getgid())});
  fuse_answers answers{tree,
                       [&] {
                         if (command.verbose) say(kProgram, what_is_mounted(*image, *snapshots) + printable(folder));
                         parent.ready();
                       },
                       [&](const mounted_node& n, const error& e) { faults.report(tree, n, e); }};
  return session->end(serve_mount(answers, plan));
}

}  // namespace
}  // namespace docteur::cli

int main(int argc, char** argv) {
  using namespace docteur::cli;
  const helper_call call = read_helper_call(argc, argv);
  std::vector<char*> words;
  for (const std::string& word : call.words) words.push_back(const_cast<char*>(word.c_str()));

  command_line app("Shows an image as a read-only folder, until it is unmounted (umount, fusermount3 -u).", kProgram);
  mount_command command;
  command.fake = call.is_fake;
  app.add_option("image", command.image, kImageHelp).required();
  app.add_option("folder", command.folder, "the folder that shows it").required();
  app.add_option("-o,--options", command.options,
                 "mount options, separated by commas: allow_other, allow_root, uid=N, gid=N, noexec, ...");
  app.add_flag("-f,--foreground", command.foreground, "stay in the foreground; Ctrl-C unmounts");
  app.add_option("--threads", command.threads, "threads that answer (default: 0, one for each core)").in_range(0, 1024);
  app.add_flag("-v,--verbose", command.verbose, "say what was mounted");
  add_digest_option(app, command.digest);
  app.add_flag("--versions", command.versions, "all versions, each as a folder that has its name")
      .excludes(add_version_option(app, command.version));
  add_reading_options(app, command.remote);
  app.add_version_flag(DOCTEUR_VERSION);
  const int status = run(app, static_cast<int>(words.size()), words.data(), [&] { return mount(command); });
  return call.is_helper ? helper_status(status) : status;
}
