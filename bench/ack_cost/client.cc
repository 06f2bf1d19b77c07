#include "bench/ack_cost/client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/base64.h"

namespace ack_cost {

static constexpr char kPadding[] =
    "About as long as what people write to each other: one line, sometimes two, seldom more.";

Client::Client(std::string user, std::string to, Figures& figures)
    : user_(std::move(user)), to_(std::move(to)), figures_(figures) {
  open_stream();
}

void Client::open_stream() {
  output_ +=
      "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>";
}

bool Client::on_bytes(std::string_view bytes, uint64_t now) {
  heard_.append(bytes);
  while (step_ != Step::ready && advance()) {
  }
  if (step_ == Step::ready) {
    // None of the markers has a '>' inside: cut there, it is whole or not begun.
    const size_t end = heard_.rfind('>');
    if (end != std::string::npos) {
      measure(std::string_view(heard_).substr(0, end + 1), now);
      heard_.erase(0, end + 1);
    }
  }
  return trouble_.empty();
}

bool Client::advance() {
  static constexpr const char* kMarkers[] = {
      "</stream:features>", "<success", "</stream:features>", "</iq>", "<presence", "<enabled"};
  if (heard_.find("<failure") != std::string::npos ||
      heard_.find("<stream:error") != std::string::npos) {
    trouble_ = user_ + ": " + heard_;
    return false;
  }
  const std::string_view marker = kMarkers[static_cast<int>(step_)];
  const size_t at = heard_.find(marker);
  const size_t end = at == std::string::npos ? at : heard_.find('>', at);
  if (end == std::string::npos) return false;
  heard_.erase(0, end + 1);
  switch (step_) {
    case Step::features: {
      std::string token;
      base::base64_encode(std::string("\0", 1) + user_ + std::string("\0", 1) + "bench", token);
      output_ +=
          "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + token + "</auth>";
      break;
    }
    case Step::success:
      open_stream();
      break;
    case Step::second_features:
      output_ += "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
      break;
    case Step::bind:
      output_ += "<presence/>";
      break;
    case Step::presence:  // our own, reflected: the last thing to come that is not counted
      output_ += "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
      break;
    case Step::enabled:
    case Step::ready:
      break;
  }
  step_ = static_cast<Step>(static_cast<int>(step_) + 1);
  return true;
}

static uint64_t number_at(std::string_view text, size_t at) {
  uint64_t value = 0;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

static uint32_t microseconds(uint64_t from, uint64_t to) {
  return static_cast<uint32_t>((to - from) / 1000);
}

void Client::measure(std::string_view text, uint64_t now) {
  if (!to_.empty()) {
    static constexpr std::string_view kAnswer = "<a xmlns='urn:xmpp:sm:3' h='";
    for (size_t at = 0; (at = text.find(kAnswer, at)) != text.npos; at += kAnswer.size()) {
      on_acknowledgement(number_at(text, at + kAnswer.size()), now);
    }
    if (text.find("type='error'") != text.npos) trouble_ = user_ + ": " + std::string(text);
    return;
  }
  for (size_t at = 0; (at = text.find('~', at)) != text.npos; ++at) {
    ++handled_;
    ++figures_.delivered;
    figures_.delivery_us.push_back(microseconds(number_at(text, at + 1), now));
  }
  if (text.find("<r xmlns=") != text.npos) {
    output_ += "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>";
  }
}

void Client::on_acknowledgement(uint64_t count, uint64_t now) {
  if (count < acknowledged_ || count > said_) {
    trouble_ = user_ + ": acknowledged " + std::to_string(count) + " of " + std::to_string(said_);
    return;
  }
  figures_.acknowledged += count - acknowledged_;
  acknowledged_ = count;
  const auto open = std::find_if(requests_.begin(), requests_.end(),
                                 [&](const Request& one) { return one.covers > count; });
  for (auto one = requests_.begin(); one != open; ++one) {
    figures_.ack_us.push_back(microseconds(one->at, now));
  }
  requests_.erase(requests_.begin(), open);
}

void Client::say(uint32_t count, uint64_t now) {
  for (uint32_t i = 0; i < count; ++i) {
    output_ += "<message to='" + to_ + "' type='chat' id='" + std::to_string(said_ + i) +
               "'><body>~" + std::to_string(now) + ";" + kPadding + "</body></message>";
  }
  said_ += count;
  output_ += "<r xmlns='urn:xmpp:sm:3'/>";
  requests_.push_back({.covers = said_, .at = now});
}

}  // namespace ack_cost
