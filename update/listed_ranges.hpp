#pragma once
// Fetches a list of ranges through a range_client. Hosted.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "object/progress.hpp"
#include "remote/range_client.hpp"
#include "update/range_plan.hpp"

namespace docteur {

class listed_ranges final : private range_work {
 public:
  // Gets bytes at an offset, from the client's thread; each byte of the ranges once. A failure ends all.
  using sink = std::function<outcome<void>(std::uint64_t at, bytes piece)>;

  // Begins to fetch `wanted`, by requests for `spans`: each begins and ends with wanted bytes, and a server that can
  // leaves out the others, which the sink never gets.
  listed_ranges(range_client& client, range_list spans, range_list wanted, sink to);
  // Begins to fetch all of `ranges`, by a request for each. The first one of a client that has no version yet must be
  // the only one. `client` must outlive this object.
  listed_ranges(range_client& client, range_list ranges, sink to);
  ~listed_ranges() override;  // gives up what has not come

  // Returns when all came. Fails (blame::environment) when a range does not come or `report` says to stop, and as the
  // sink does.
  [[nodiscard]] outcome<void> wait(const progress& report);

 private:
  std::optional<byte_range> next() override;
  std::vector<byte_range> parts(byte_range range) override;
  bool take(byte_range range, std::uint64_t at, bytes piece) override;
  void end(byte_range range, const std::optional<range_failure>& why) override;

  range_client& client_;
  const range_list ranges_;
  const range_list wanted_;
  const sink sink_;
  std::size_t next_ = 0;  // of ranges_; of the client's thread

  std::mutex guard_;  // of these
  std::condition_variable changed_;
  std::size_t left_;  // ranges that have not come
  std::optional<failure> why_;
};

}  // namespace docteur
