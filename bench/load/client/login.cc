#include "bench/load/client/login.h"

#include "engine/base/base64.h"

namespace load {

static constexpr char kSaslNamespace[] = "urn:ietf:params:xml:ns:xmpp-sasl";

std::string user_name(uint32_t number) { return "u" + std::to_string(number); }

std::string first_status(uint32_t number) { return "Here is " + std::to_string(number) + "."; }

Login::Login(const Options& options, uint32_t number, bool encrypted, Scram& scram,
             base::Random& random, StanzaCounter& counter)
    : options_(options),
      number_(number),
      encrypted_(encrypted),
      scram_(scram),
      random_(random),
      counter_(counter) {}

void Login::open(std::string& out) {
  out += "<?xml version='1.0'?><stream:stream to='" + options_.domain +
         "' version='1.0' xml:lang='en' xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams'>";
}

void Login::secured(std::string& out) {
  encrypted_ = true;
  step_ = Step::features;
  heard_.clear();
  open(out);
}

Login::Result Login::on_bytes(base::Bytes bytes, std::string& out) {
  heard_.append(bytes);
  if (counting_) counter_.feed(bytes);
  while (true) {
    const Step step = step_;
    const Result result = advance(out);
    if (result != Result::more) return result;
    if (step == step_) break;
  }
  // Contacts' presence, while its own is awaited.
  if (step_ == Step::presence && heard_.size() > 128) heard_.erase(0, heard_.size() - 64);
  return Result::more;
}

// True: it has come; what stood before it is in before_, and both are forgotten.
bool Login::expect(base::Bytes marker) {
  const size_t at = heard_.find(marker);
  if (at == std::string::npos) return false;
  before_.assign(heard_, 0, at);
  heard_.erase(0, at + marker.size());
  return true;
}

// The same for a tag, to its end.
bool Login::expect_tag(base::Bytes marker) {
  const size_t at = heard_.find(marker);
  const size_t end = at == std::string::npos ? at : heard_.find('>', at);
  if (end == std::string::npos) return false;
  heard_.erase(0, end + 1);
  return true;
}

Login::Result Login::failed() {
  static constexpr const char* kForGood[] = {"<not-authorized",   "<invalid-mechanism",
                                             "<account-disabled", "<mechanism-too-weak",
                                             "<host-unknown",     "<malformed-request"};
  trouble_ = user_name(number_) + ": " + heard_.substr(0, 400);
  for (const char* condition : kForGood) {
    if (heard_.find(condition) != std::string::npos) return Result::denied;
  }
  return Result::refused;
}

Login::Result Login::authenticate(std::string& out) {
  std::string token;
  if (options_.sasl == Sasl::plain) {
    const std::string nul(1, '\0');
    base::base64_encode(nul + user_name(number_) + nul + options_.password, token);
    step_ = Step::success;
  } else {
    base::base64_encode(scram_.first(user_name(number_), random_), token);
    step_ = Step::challenge;
  }
  static constexpr const char* kMechanisms[] = {"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"};
  const std::string mechanism = kMechanisms[static_cast<unsigned>(options_.sasl)];
  if (before_.find(">" + mechanism + "<") == std::string::npos) {
    trouble_ = user_name(number_) + ": " + mechanism + " is not offered: " + before_;
    return Result::denied;
  }
  out += std::string("<auth xmlns='") + kSaslNamespace + "' mechanism='" + mechanism + "'>" +
         token + "</auth>";
  return Result::more;
}

Login::Result Login::answer_challenge(std::string& out) {
  std::string challenge;
  const size_t from = before_.rfind('>');
  const auto kind =
      options_.sasl == Sasl::scram_sha_1 ? base::HashKind::sha1 : base::HashKind::sha256;
  std::string answer;
  if (from != std::string::npos &&
      base::base64_decode(base::Bytes(before_).substr(from + 1), challenge)) {
    answer = scram_.final(kind, options_.password, challenge);
  }
  if (answer.empty()) {
    trouble_ = user_name(number_) + ": this challenge makes no sense: " + before_;
    return Result::denied;
  }
  std::string token;
  base::base64_encode(answer, token);
  out += std::string("<response xmlns='") + kSaslNamespace + "'>" + token + "</response>";
  step_ = Step::success;
  return Result::more;
}

Login::Result Login::after_success(std::string& out) {
  if (options_.sasl != Sasl::plain) {
    std::string last;
    const size_t from = before_.rfind('>');
    if (from == std::string::npos ||
        !base::base64_decode(base::Bytes(before_).substr(from + 1), last) ||
        !scram_.accepts(last)) {
      trouble_ = user_name(number_) + ": the server does not prove that it knows the password";
      return Result::denied;
    }
  }
  step_ = Step::second_features;
  open(out);
  return Result::more;
}

void Login::after_bind(std::string& out) {
  if (wants_session_) {
    wants_session_ = false;
    out += "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";
    step_ = Step::session;
  } else if (options_.stream_management) {
    out += "<enable xmlns='urn:xmpp:sm:3' resume='true'/>";
    step_ = Step::enabled;
  } else {
    ask_roster(out);
  }
}

void Login::ask_roster(std::string& out) {
  out += "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";
  step_ = Step::roster;
}

Login::Result Login::advance(std::string& out) {
  if (heard_.find("<failure") != std::string::npos || heard_.find("<error") != std::string::npos ||
      heard_.find("<stream:error") != std::string::npos || heard_.find("<failed") != heard_.npos) {
    if (heard_.find('>', heard_.find("</")) != std::string::npos) return failed();
  }
  switch (step_) {
    case Step::features:
      if (!expect("</stream:features>")) return Result::more;
      if (options_.tls != Tls::starttls || encrypted_) return authenticate(out);
      out += "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
      step_ = Step::proceed;
      return Result::more;
    case Step::proceed:
      if (!expect_tag("<proceed")) return Result::more;
      return Result::start_tls;
    case Step::challenge:
      return expect("</challenge>") ? answer_challenge(out) : Result::more;
    case Step::success:
      if (options_.sasl == Sasl::plain ? !expect_tag("<success") : !expect("</success>")) {
        return Result::more;
      }
      return after_success(out);
    case Step::second_features:
      if (!expect("</stream:features>")) return Result::more;
      wants_session_ = before_.find("xmpp-session'>") == std::string::npos &&
                       before_.find("xmpp-session'/>") != std::string::npos;
      out +=
          "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
          "<resource>load</resource></bind></iq>";
      step_ = Step::bind;
      return Result::more;
    case Step::bind:
    case Step::session:
      // The result of a session has nothing inside.
      if (step_ == Step::bind ? !expect("</iq>") : !expect_tag("<iq")) return Result::more;
      after_bind(out);
      return Result::more;
    case Step::enabled:
      if (!expect_tag("<enabled")) return Result::more;
      counter_.feed(heard_);
      counting_ = true;
      ask_roster(out);
      return Result::more;
    case Step::roster:
      if (!expect("jabber:iq:roster")) return Result::more;
      out += "<presence><show>away</show><status>" + first_status(number_) + "</status></presence>";
      step_ = Step::presence;
      return Result::more;
    case Step::presence:
      return expect(first_status(number_)) ? Result::ready : Result::more;
  }
  return Result::more;
}

}  // namespace load
