#pragma once
// The SHA-256 of each block of a partial file, computed by a thread of its own while further blocks arrive, to be
// compared with what the image's digest pins. Hosted.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "layout/digest_section.hpp"
#include "object/progress.hpp"
#include "remote/partial_file.hpp"

namespace docteur {

static_assert(kPartialBlock == kDigestBlock);

class block_hashes {
 public:
  // `file` must outlive this object and not be moved.
  explicit block_hashes(const partial_file& file);
  ~block_hashes();  // ends after the block at hand
  block_hashes(const block_hashes&) = delete;
  block_hashes& operator=(const block_hashes&) = delete;

  // These blocks are in the file and are not written any more. To be called from any thread; each block once, or
  // again with the same bytes.
  void add(block_run blocks);
  // Compares the complete file, all blocks of which were added, with the image of digest `pin`. Returns the numbers of
  // the blocks that differ. Fails with blame::input and one line that begins with `shown` if the file is another image,
  // or has bytes behind the image that are not zero; with blame::environment if it cannot be read or `report` says to
  // stop.
  [[nodiscard]] outcome<std::vector<std::uint64_t>> compare(const oid& pin, const std::string& shown,
                                                            const progress& report);

 private:
  void run();
  outcome<void> wait(const progress& report);
  outcome<void> check_tail(std::uint64_t from, const std::string& shown) const;

  const partial_file& file_;
  std::vector<oid> hashes_;  // written by the thread, read after wait()
  std::mutex guard_;         // of these
  std::condition_variable changed_;
  std::deque<block_run> waiting_;
  bool is_idle_ = true;
  bool stop_ = false;
  std::optional<failure> why_;
  std::thread thread_;
};

}  // namespace docteur
