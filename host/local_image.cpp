#include "host/local_image.hpp"

#include "host/file_device.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

class local_image final : public image_device {
 public:
  explicit local_image(file_device&& file) : file_(std::move(file)) {}
  [[nodiscard]] device view() const noexcept override { return file_.view(); }
  [[nodiscard]] bool read_now(std::uint64_t offset, mutable_bytes out) noexcept override {
    return file_.read_now(offset, out);
  }

 private:
  file_device file_;
};

}  // namespace

outcome<std::unique_ptr<image_device>> open_local_image(const std::string& path) {
  DOCTEUR_TRY(file, file_device::open(path));
  return std::make_unique<local_image>(std::move(file));
}

}  // namespace docteur
