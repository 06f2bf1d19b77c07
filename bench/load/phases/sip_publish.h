// Lives of publications (RFC 3903): one is published, modified eight times and removed, ten PUBLISH
// in all, each as soon as the one before was answered. `window` of them at once, each of another
// account. One worker's part; its thread.
#pragma once

#include "bench/load/phases/sip_activity.h"

namespace load {

// A presence document as a phone publishes it; `state` changes it without changing its length.
std::string presence_body(std::string_view entity, uint32_t state);

// What one publisher knows of its publication.
struct Publication {
  std::string uri;
  std::string etag;  // empty: there is none
  std::string call;
  uint32_t cseq = 0;
  bool removed = false;  // or about to be
};

class SipPublisher : public SipActivity {
 public:
  using SipActivity::SipActivity;

 protected:
  enum class What : uint8_t { publish, remove };
  // The initial one, or a modification, or the removal.
  uint32_t publish(uint32_t place, Publication& publication, What what, int64_t now,
                   uint32_t parties = 1);
  // Of the answer.
  void remember(Publication& publication, const sip::Message& answer);

 private:
  std::string fields_;
};

class SipPublish final : public SipPublisher {
 public:
  using SipPublisher::SipPublisher;

 protected:
  void begin(int64_t now) override;
  void on_answer(uint32_t place, const sip::Message& answer, int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;

 private:
  static constexpr uint32_t kRequestsALife = 10;
  void go_on(uint32_t place, int64_t now);

  std::vector<Publication> lives_;
  uint32_t begun_ = 0;
};

}  // namespace load
