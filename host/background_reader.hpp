#pragma once
// Fetches blocks of a slow image before they are needed, by a thread of its own, so that what keeps them has them.
// Hosted.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/block_list.hpp"
#include "host/image_device.hpp"
#include "object/progress.hpp"

namespace docteur {

class background_reader {
 public:
  // Begins at once. `of` must outlive this object. Blocks are fetched about in the order given: those that are near
  // each other in it, and in the image, by one request. `rate`: bytes per second at most; 0: no bound. Where `of` keeps
  // nothing, only the first 16 MiB are asked for, by prefetch().
  background_reader(image_device& of, std::vector<block_run> blocks, std::uint64_t rate);
  ~background_reader();  // ends after the request at hand
  background_reader(const background_reader&) = delete;
  background_reader& operator=(const background_reader&) = delete;

  // Waits until all blocks are there. Fails with one line that begins with `shown` when the device fails, which ends
  // it, or `report` says to stop.
  [[nodiscard]] outcome<void> wait(const std::string& shown, progress& report);
  [[nodiscard]] std::uint64_t fetched() const;  // bytes

 private:
  [[nodiscard]] std::vector<block_run> next_requests();
  void run();
  void advise();
  void fetch_all();
  [[nodiscard]] bool fetch(const block_run& request);
  [[nodiscard]] bool pause(std::uint64_t fetched);

  image_device& of_;
  const std::uint64_t size_;
  const std::uint64_t rate_;
  std::vector<block_run> blocks_;  // of the thread, with the next two
  std::size_t at_ = 0;
  std::uint64_t passed_ = 0;  // blocks of blocks_[at_]
  std::chrono::steady_clock::time_point due_;

  mutable std::mutex guard_;  // of these
  std::condition_variable changed_;
  bool stop_ = false;
  bool is_over_ = false;
  std::uint64_t fetched_ = 0;
  std::optional<error> why_;
  std::thread thread_;
};

}  // namespace docteur
