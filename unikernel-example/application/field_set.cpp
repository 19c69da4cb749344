#include "unikernel-example/application/field_set.hpp"

#include <array>

namespace docteur::cache_vm {
namespace {

constexpr std::array<std::string_view, 3> kOfCaching{"cache-control", "expires", "clear-site-data"};

}  // namespace

void field_set::clear() noexcept {
  fields_.clear();
  removed_.clear();
  content_type_.clear();
}

field_set::field* field_set::find(std::string_view name) noexcept {
  const auto at = std::ranges::find_if(fields_, [name](const field& f) { return equal_ignoring_case(f.name, name); });
  return at == fields_.end() ? nullptr : &*at;
}

void field_set::add(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "content-type")) {
    content_type_ = value;
    return;
  }
  field* const before = equal_ignoring_case(name, "set-cookie") ? nullptr : find(name);
  if (before == nullptr) {
    fields_.push_back({name, value});
    return;
  }
  if (before->made.empty()) before->made = before->value;
  before->made.append(", ").append(value);
}

void field_set::add_made(std::string_view name, std::string value) {
  if (equal_ignoring_case(name, "content-type") || (!equal_ignoring_case(name, "set-cookie") && find(name) != nullptr))
    return add(name, value);
  fields_.push_back({name, {}, std::move(value)});
}

void field_set::remove(std::string_view name) {
  std::erase_if(fields_, [name](const field& f) { return equal_ignoring_case(f.name, name); });
  removed_.push_back(name);
}

bool field_set::is_sent(const field& f, int status) noexcept { return status < 400 || !has_name(kOfCaching, f.name); }

bool field_set::replaces(std::string_view name, int status) const noexcept {
  if (equal_ignoring_case(name, "vary")) return false;  // it says what the server's own choice depends on
  const auto is_it = [name](std::string_view other) { return equal_ignoring_case(other, name); };
  if (status >= 400 && has_name(kOfCaching, name)) return false;
  return std::ranges::any_of(fields_, is_it, &field::name) || std::ranges::any_of(removed_, is_it);
}

}  // namespace docteur::cache_vm
