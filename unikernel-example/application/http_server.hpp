#pragma once
// All HTTP connections of one loop.

#include <atomic>
#include <memory>
#include <vector>

#include "unikernel-example/application/http_connection.hpp"

namespace docteur::cache_vm {

// What the servers of all loops have in common.
struct server_group {
  std::atomic<std::size_t> open{0};     // connections, which the limit counts
  std::atomic<std::uint64_t> image{0};  // number of the newest image, increased by who mounts one
  virtual_hosts hosts;                  // constant once the servers are made
  std::size_t sites = 1;                // as well
};

class http_server final : public service {
 public:
  // `behind`: what the port of opened() and ready() serves.
  http_server(platform& p, const http_limits& limits, site_rules rules, port_content behind, own_pages pages,
              event_log& log, server_group& group);
  // For a second port that serves the server's own pages only. Its clients count against the same limits.
  [[nodiscard]] service& status_port() noexcept { return status_port_; }

  // Records requests in `log`, which may be null, as those of `loop`.
  void record_in(request_log* log, std::size_t loop) noexcept {
    shared_.log = log;
    shared_.loop = loop;
  }

  void opened(connection& c) override;
  void ready(connection& c) override;
  std::string_view refusal() const override;
  bool takes_proxies() const override { return true; }
  bool clients_speak_first() const override { return true; }
  std::optional<stream_limits> streams() const override;
  void tick();
  // Continues one response that takes milliseconds; false when no other waits.
  [[nodiscard]] bool work();
  // application::arrived()
  void arrived(std::uint64_t ticket);
  // Finishes responses in progress; connections close after theirs.
  void drain();

  // Responses from the previous image continue. kOldImages replaced images are kept for clients that read slowly; when
  // there are more, the clients of the oldest are cut off once it was replaced kOldSeconds ago.
  static constexpr std::size_t kOldImages = 4;
  static constexpr std::uint64_t kOldSeconds = 60;
  //
  // The image of a site is replaced in three steps, so that no loop answers from the old one after another has answered
  // from the new one: stage() on each loop, then ++server_group::image, then follow() on each loop. A server that gets
  // a request before its turn to follow does so itself. `place`: the site's number.
  void stage(std::size_t place, std::shared_ptr<site> s);
  void follow();
  [[nodiscard]] const std::shared_ptr<site>& mounted(std::size_t place = 0) const noexcept {
    return shared_.responders[place]->mounted();
  }
  // Any thread may read them. What readers and ledgers count is added at each tick.
  [[nodiscard]] const metrics& counts() const noexcept { return shared_.counts; }
  void update_counts() noexcept;
  [[nodiscard]] const http_limits& limits() const noexcept { return shared_.limits; }

 private:
  class status_service final : public service {
   public:
    explicit status_service(http_server& s) : server_(&s) {}
    void opened(connection& c) override { server_->open(c, {false, true}); }
    void ready(connection& c) override { server_->ready(c); }
    std::string_view refusal() const override { return server_->refusal(); }
    std::optional<stream_limits> streams() const override { return server_->streams(); }

   private:
    http_server* server_;
  };
  void open(connection& c, port_content behind);
  void look_at_clock();
  void remove(http_connection& c);
  void cut_off_old(std::size_t place, std::uint64_t now);

  port_content behind_;
  server_group* group_;
  status_service status_port_{*this};
  http_shared shared_;
  struct old_image {
    std::uint64_t number;  // of the newest image that was mounted before the one that replaced it
    std::uint64_t since_ns;
    std::weak_ptr<site> mounted;
  };
  std::vector<std::vector<old_image>> old_;  // of each site
  struct {
    std::size_t place = 0;
    std::shared_ptr<site> mounted;
  } staged_;
  std::size_t next_ = 0;  // the connection that work() served last
  std::vector<std::unique_ptr<http_connection>> connections_;
};

}  // namespace docteur::cache_vm
