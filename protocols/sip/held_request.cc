#include "protocols/sip/held_request.h"

#include "engine/base/check.h"

namespace sip {

HeldRequest::HeldRequest(const Received& request)
    : bytes_(request.message.bytes().substr(0, request.message.total_bytes())),
      back_(request.back),
      source_(request.source),
      account_(request.account) {}

void HeldRequest::read(Message& message, Essentials& essentials) const {
  Fault fault = Fault::none;
  CHECK(message.index_datagram(bytes_) && read_essentials(message, essentials, fault));
}

}  // namespace sip
