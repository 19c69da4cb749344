#include "mount/fuse_operations.hpp"

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "mount/node_number.hpp"

namespace docteur {
namespace {

// Content never changes, so the kernel may keep whatever it has been told, absences included.
constexpr double kForever = 365.0 * 24 * 60 * 60;  // seconds

fuse_answers& answers(fuse_req_t request) { return *static_cast<fuse_answers*>(fuse_req_userdata(request)); }

// Answers with what an error means to a program. The kernel keeps no failed answer, so what becomes readable again is
// read again.
void reply_error(fuse_req_t request, const mounted_node& n, const error& e) {
  switch (e.code) {
    case errc::not_found: fuse_reply_err(request, ENOENT); return;
    case errc::out_of_memory: fuse_reply_err(request, ENOMEM); return;
    default: break;
  }
  answers(request).failed(n, e);
  fuse_reply_err(request, EIO);
}

// No exception may reach libfuse, which is C. Only lack of memory causes one.
template <class Body>
void answer(fuse_req_t request, Body body) noexcept {
  try {
    body(answers(request).tree);
  } catch (...) {
    fuse_reply_err(request, ENOMEM);
  }
}

fuse_entry_param to_entry(const mounted_node& n, const struct stat& status) {
  fuse_entry_param e{};
  e.ino = number_of(n);
  e.attr = status;
  e.attr_timeout = e.entry_timeout = kForever;
  return e;
}

void init(void* self, fuse_conn_info* connection) {
  unsigned& want = connection->want;
  // The kernel would compare times and sizes that never change.
  want &= ~static_cast<unsigned>(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS_AUTO);
  want |= connection->capable &
          (FUSE_CAP_READDIRPLUS | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_ASYNC_READ);
  static_cast<fuse_answers*>(self)->started();
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  answer(request, [&](mounted_tree& tree) {
    const auto n = tree.entry(parent, name);
    if (!n) {
      if (n.error().code != errc::not_found) return reply_error(request, tree.find(parent), n.error());
      fuse_entry_param absent{};
      absent.entry_timeout = kForever;
      fuse_reply_entry(request, &absent);
      return;
    }
    const auto status = tree.status(*n);
    if (!status) return reply_error(request, *n, status.error());
    if (!n->is_folder()) answers(request).demand.looked_up();
    tree.hold(parent, name, *n);
    const fuse_entry_param e = to_entry(*n, *status);
    if (fuse_reply_entry(request, &e) != 0) tree.release(e.ino, 1);
  });
}

void forget(fuse_req_t request, fuse_ino_t number, std::uint64_t count) {
  answers(request).tree.release(number, count);
  fuse_reply_none(request);
}

void forget_multi(fuse_req_t request, std::size_t count, fuse_forget_data* all) {
  for (std::size_t i = 0; i < count; ++i) answers(request).tree.release(all[i].ino, all[i].nlookup);
  fuse_reply_none(request);
}

void getattr(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
  answer(request, [&](mounted_tree& tree) {
    const mounted_node n = tree.find(number);
    const auto status = tree.status(n);
    if (!status) return reply_error(request, n, status.error());
    fuse_reply_attr(request, &*status, kForever);
  });
}

void readlink(fuse_req_t request, fuse_ino_t number) {
  answer(request, [&](mounted_tree& tree) {
    const mounted_node n = tree.find(number);
    const auto target = tree.target(n);
    if (!target) return reply_error(request, n, target.error());
    fuse_reply_readlink(request, target->c_str());
  });
}

// "Not implemented" means that files need not be opened: the kernel then opens and closes them without asking, and
// keeps their pages (Linux, fs/fuse/file.c: no_open; fs/fuse/dir.c: no_opendir).
void open(fuse_req_t request, fuse_ino_t, fuse_file_info*) { fuse_reply_err(request, ENOSYS); }
void opendir(fuse_req_t request, fuse_ino_t, fuse_file_info*) { fuse_reply_err(request, ENOSYS); }

void read(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t at, fuse_file_info*) {
  answer(request, [&](mounted_tree& tree) {
    const mounted_node n = tree.find(number);
    const auto done = tree.read(n, static_cast<std::uint64_t>(at), size, [&](bytes content) {
      fuse_reply_buf(request, reinterpret_cast<const char*>(content.data()), content.size());
    });
    if (!done) reply_error(request, n, done.error());
  });
}

// Writes entries of a listing to a buffer until it is full.
class listing_buffer {
 public:
  listing_buffer(fuse_req_t request, std::size_t size) : request_(request), buffer_(size) {}

  // Return whether the entry fitted.
  bool add(const mounted_tree& tree, const mounted_tree::listed& l) {
    struct stat s {};
    s.st_ino = tree.inode(l.what);
    s.st_mode = type_of(l.what);
    name_ = l.name;
    return advance(fuse_add_direntry(request_, end(), left(), name_.c_str(), &s, place(l)));
  }
  // The kernel holds what it gets this way, except "." and ".." and entries without attributes, which it looks up when
  // somebody asks for them. `wants_all`: files get attributes, too.
  bool add_with_attributes(mounted_tree& tree, std::uint64_t folder, const mounted_tree::listed& l, bool wants_all) {
    name_ = l.name;
    fuse_entry_param e{};
    e.attr.st_ino = tree.inode(l.what);
    e.attr.st_mode = type_of(l.what);
    if (fuse_add_direntry_plus(request_, nullptr, 0, name_.c_str(), &e, 0) > left()) return false;
    const bool has_all = !l.is_dot && (wants_all || l.what.is_folder());
    const auto status = has_all ? tree.status(l.what) : result<struct stat>(e.attr);
    if (status && has_all) {
      e = to_entry(l.what, *status);
      tree.hold(folder, l.name, l.what);
      held_.push_back(e.ino);
    }
    return advance(fuse_add_direntry_plus(request_, end(), left(), name_.c_str(), &e, place(l)));
  }
  void reply(mounted_tree& tree) {
    if (fuse_reply_buf(request_, buffer_.data(), used_) == 0) return;
    for (const fuse_ino_t number : held_) tree.release(number, 1);
  }

 private:
  static mode_t type_of(const mounted_node& n) {
    return n.is_folder() ? S_IFDIR : n.kind == entry_kind::symlink ? S_IFLNK : S_IFREG;
  }
  static off_t place(const mounted_tree::listed& l) { return static_cast<off_t>(l.place); }
  [[nodiscard]] char* end() { return buffer_.data() + used_; }
  [[nodiscard]] std::size_t left() const { return buffer_.size() - used_; }
  bool advance(std::size_t size) {
    if (size > left()) return false;
    used_ += size;
    return true;
  }

  fuse_req_t request_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::string name_;
  std::vector<fuse_ino_t> held_;
};

void readdir(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t passed, fuse_file_info*) {
  answer(request, [&](mounted_tree& tree) {
    listing_buffer out(request, size);
    const auto listed = tree.list(number, static_cast<std::uint64_t>(passed),
                                  [&](const mounted_tree::listed& l) { return out.add(tree, l); });
    if (!listed) return reply_error(request, tree.find(number), listed.error());
    out.reply(tree);
  });
}

void readdirplus(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t passed, fuse_file_info*) {
  answer(request, [&](mounted_tree& tree) {
    listing_buffer out(request, size);
    std::optional<bool> wants_all;  // decided at the first file: half of the answers are empty ends
    const auto listed = tree.list(number, static_cast<std::uint64_t>(passed), [&](const mounted_tree::listed& l) {
      if (!wants_all && !l.what.is_folder()) wants_all = answers(request).demand.wants_all(passed == 0);
      return out.add_with_attributes(tree, number, l, wants_all.value_or(false));
    });
    if (!listed) return reply_error(request, tree.find(number), listed.error());
    out.reply(tree);
  });
}

void statfs(fuse_req_t request, fuse_ino_t) {
  const struct statvfs space = answers(request).tree.space();
  fuse_reply_statfs(request, &space);
}

// Both calls that return attributes first ask for their size, with a buffer of size 0.
void reply_text(fuse_req_t request, const std::string& text, std::size_t size) {
  if (size == 0) {
    fuse_reply_xattr(request, text.size());
  } else if (text.size() > size) {
    fuse_reply_err(request, ERANGE);
  } else {
    fuse_reply_buf(request, text.data(), text.size());
  }
}

void getxattr(fuse_req_t request, fuse_ino_t number, const char* name, std::size_t size) {
  answer(request, [&](mounted_tree& tree) {
    const mounted_node n = tree.find(number);
    const auto value = tree.attribute(n, name);
    if (value) return reply_text(request, *value, size);
    if (value.error().code != errc::not_found) return reply_error(request, n, value.error());
    fuse_reply_err(request, ENODATA);
  });
}

void listxattr(fuse_req_t request, fuse_ino_t number, std::size_t size) {
  answer(request, [&](mounted_tree& tree) { reply_text(request, tree.attribute_names(tree.find(number)), size); });
}

}  // namespace

fuse_lowlevel_ops fuse_operations() noexcept {
  fuse_lowlevel_ops ops{};
  ops.init = init;
  ops.lookup = lookup;
  ops.forget = forget;
  ops.forget_multi = forget_multi;
  ops.getattr = getattr;
  ops.readlink = readlink;
  ops.open = open;
  ops.opendir = opendir;
  ops.read = read;
  ops.readdir = readdir;
  ops.readdirplus = readdirplus;
  ops.statfs = statfs;
  ops.getxattr = getxattr;
  ops.listxattr = listxattr;
  return ops;
}

}  // namespace docteur
