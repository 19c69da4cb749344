#pragma once
// All HTTP connections.

#include <memory>
#include <vector>

#include "unikernel-example/application/http_connection.hpp"

namespace docteur::cache_vm {

class http_server final : public service {
 public:
  // `behind`: the port that opened() and ready() are of.
  http_server(platform& p, const http_limits& limits, site_rules rules, port_content behind, own_pages pages,
              event_log& log);
  // What answers on a port of its own with the server's pages alone: the same server, so one count of clients.
  [[nodiscard]] service& status_port() noexcept { return status_port_; }

  void opened(connection& c) override;
  void ready(connection& c) override;
  std::string_view refusal() const override;
  void tick();
  // Goes on with one response that takes milliseconds; false when there is none.
  [[nodiscard]] bool work();
  // Whoever is being sent something gets it, and then no connection is kept.
  void drain();

  // What is being sent of the image before goes on. Of images that were replaced so many are kept for clients who read
  // slowly, and each for so long; then these clients are cut off.
  static constexpr std::size_t kOldImages = 4;
  static constexpr std::uint64_t kOldSeconds = 60;
  void mount(std::shared_ptr<site> s);
  [[nodiscard]] const std::shared_ptr<site>& mounted() const noexcept { return responder_.mounted(); }
  [[nodiscard]] const metrics& counts() const noexcept { return shared_.counts; }
  [[nodiscard]] const http_limits& limits() const noexcept { return shared_.limits; }

 private:
  class status_service final : public service {
   public:
    explicit status_service(http_server& s) : server_(&s) {}
    void opened(connection& c) override { server_->open(c, {false, true}); }
    void ready(connection& c) override { server_->ready(c); }
    std::string_view refusal() const override { return server_->refusal(); }

   private:
    http_server* server_;
  };
  void open(connection& c, port_content behind);
  void look_at_clock();
  void remove(http_connection& c);
  void cut_off_old(std::uint64_t now);

  port_content behind_;
  status_service status_port_{*this};
  http_shared shared_;
  http_responder responder_;
  struct old_image {
    std::uint64_t number;
    std::uint64_t since_ns;
    std::weak_ptr<site> mounted;
  };
  std::vector<old_image> old_;
  std::size_t next_ = 0;  // connection to look at in work()
  std::vector<std::unique_ptr<http_connection>> connections_;
};

}  // namespace docteur::cache_vm
