#include "bench/load/phases/sip_activity.h"

#include "protocols/sip/header/writer.h"

namespace load {

static constexpr unsigned kLedgerBits = 16;
static constexpr base::Bytes kBranch = "z9hG4bK.";  // then a tick without its first character

std::string hexadecimal(uint32_t number) {
  char text[kTickBytes];
  write_tick(text, number);
  return {text + 1, kTickBytes - 1};
}

SipActivity::SipActivity(const Stage& stage)
    : Activity(stage), link_(stage, *this), ledger_(kLedgerBits, stage.order.phase) {
  for (uint32_t i = 0; i < stage.crowd.size(); ++i) {
    users_.push_back("sip:" + user_name(stage.crowd.client(i).number) + "@" + stage.options.domain);
  }
  std::string error;
  if (!link_.open(error)) fail(error);
}

const std::string& SipActivity::next_user() {
  next_user_ = (next_user_ + 1) % static_cast<uint32_t>(users_.size());
  return users_[next_user_];
}

void SipActivity::fail(const std::string& what) {
  failed_ = true;
  complain(what);
}

int64_t SipActivity::on_turn(int64_t now) {
  if (!begun_ && !failed_) {
    begun_ = true;
    stage_.crowd.gather(true);
    begin(now);
  }
  link_.flush();
  return look_again(now);
}

bool SipActivity::over(int64_t now) {
  return failed_ || (ended(now) && (ledger_.outstanding() == 0 || gave_up(now)));
}

void SipActivity::finish() {
  if (failed_) return;
  stage_.report.errors.missing += ledger_.lost();
  if (ledger_.lost() > 0) complain("answers or messages are missing");
}

void SipActivity::count(int64_t sent, int64_t now) {
  progress(now);
  if (stage_.measured(now)) stage_.report.units.record(now - sent);
}

static void append(std::string& out, std::initializer_list<base::Bytes> parts) {
  for (const base::Bytes part : parts) out.append(part);
}

uint32_t SipActivity::send(uint32_t place, const Request& request, int64_t now, uint32_t parties) {
  const Entry& entry = ledger_.open(Kind::message, now, place, parties);
  char tick[kTickBytes];
  write_tick(tick, entry.tick);
  const base::Bytes said = request.ticked ? base::Bytes(tick, kTickBytes) : base::Bytes();
  std::string& out = link_.begin(Link::kOurs);
  append(out, {request.method,
               " ",
               request.uri,
               " SIP/2.0\r\nVia: SIP/2.0/",
               link_.transport(),
               " ",
               link_.here(),
               ";branch=",
               kBranch,
               {tick + 1, kTickBytes - 1},
               ";rport\r\nMax-Forwards: 70\r\nFrom: ",
               request.from,
               "\r\nTo: ",
               request.to,
               "\r\nCall-ID: ",
               request.call_id,
               "\r\nCSeq: "});
  append(out, {std::to_string(request.cseq), " ", request.method, "\r\n", request.fields,
               "Content-Length: ", std::to_string(request.body.size() + said.size()), "\r\n\r\n",
               request.body, said});
  link_.end(Link::kOurs);
  return entry.tick;
}

void SipActivity::on_message(const sip::Message& message, uint32_t from, int64_t now) {
  if (!message.is_request()) return on_response(message, now);
  answer(message, from);
  on_request(message, now);
}

void SipActivity::answer(const sip::Message& request, uint32_t to) {
  sip::Writer writer(link_.begin(to));
  writer.begin_response(request, {.to_tag = "here"});
  writer.end();
  link_.end(to);
}

void SipActivity::on_response(const sip::Message& response, int64_t now) {
  const base::Bytes via = response.value(sip::HeaderId::via);
  const size_t at = via.find(kBranch) + kBranch.size() - 1;
  uint32_t tick = 0;
  if (response.status() < 200 || at < kBranch.size() || at + kTickBytes > via.size() ||
      !read_tick(via.data() + at, tick)) {
    return;
  }
  Entry* const entry = ledger_.find(tick);
  if (entry == nullptr) return;  // of an earlier phase
  if (response.status() >= 300) {
    ++stage_.report.errors.refused;
    return fail("SIP: " + std::string(response.value(sip::HeaderId::cseq)) + " was answered " +
                std::to_string(response.status()));
  }
  on_answer(entry->party, response, now);
  close(*entry, now);
}

void SipActivity::hear(uint32_t tick, int64_t now) {
  Entry* const entry = ledger_.find(tick);
  if (entry != nullptr) close(*entry, now);
}

void SipActivity::close(Entry& entry, int64_t now) {
  if (!ledger_.close_one(entry)) {
    ++stage_.report.errors.duplicate;
    return complain("SIP: something came twice");
  }
  progress(now);
  if (entry.missing == 0) on_heard(entry.party, entry.due, now);
}

void SipActivity::on_lost(const std::string& why) {
  ++stage_.report.errors.disconnected;
  fail(why);
}

}  // namespace load
