#pragma once

#include "core/hub/log_hub.hpp"

namespace vela::api {

// Ends an anonymous writer's ownership with its request, on every way out.
class OwnershipEnd {
 public:
  OwnershipEnd(hub::LogHub& hub, hub::HubLogPtr log, const logs::WriterId& writer)
      : hub_(hub), log_(std::move(log)), writer_(writer) {}
  ~OwnershipEnd() { hub_.release(log_, writer_); }
  OwnershipEnd(const OwnershipEnd&) = delete;
  OwnershipEnd& operator=(const OwnershipEnd&) = delete;

 private:
  hub::LogHub& hub_;
  hub::HubLogPtr log_;
  logs::WriterId writer_;
};

}  // namespace vela::api
