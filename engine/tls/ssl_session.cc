#include "engine/tls/ssl_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/tls/certificate.h"

namespace engine {

// Plaintext of one record passes through here on its way to the caller's sink. One per thread, so
// that a session owns no buffer.
static constexpr size_t kRecordPlaintextMax = 16384;  // RFC 8446 §5.1
static thread_local char scratch[kRecordPlaintextMax];

SslSession::Loan::Loan(SslSession& session, base::Bytes received, base::Sink& records)
    : session_(session) {
  CHECK(session.out_ == nullptr);  // not re-entered
  session.in_ = received;
  session.out_ = &records;
}

SslSession::Loan::~Loan() {
  CHECK(session_.out_ != nullptr);
  session_.in_ = {};
  session_.out_ = nullptr;
}

const BIO_METHOD* SslSession::bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "buffers");
    CHECK(made != nullptr);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

SslSession& SslSession::of(const SSL* ssl) {
  auto* const session = static_cast<SslSession*>(BIO_get_data(SSL_get_rbio(ssl)));
  CHECK(session != nullptr);
  return *session;
}

int SslSession::bio_read(BIO* bio, char* out, int length) {
  SslSession& session = *static_cast<SslSession*>(BIO_get_data(bio));
  CHECK(session.out_ != nullptr && length > 0);  // the library reads only while it is called
  BIO_clear_retry_flags(bio);
  if (session.in_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t n = std::min(session.in_.size(), static_cast<size_t>(length));
  if (session.state_ == State::handshaking) {
    session.handshake_bytes_ += static_cast<uint32_t>(n);
    if (session.handshake_bytes_ > session.handshake_bytes_max_) {
      session.failure_ = "HANDSHAKE_BYTES_MAX";
      return -1;  // without a retry flag: final
    }
  }
  std::memcpy(out, session.in_.data(), n);
  session.in_.remove_prefix(n);
  return static_cast<int>(n);
}

int SslSession::bio_write(BIO* bio, const char* data, int length) {
  SslSession& session = *static_cast<SslSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  CHECK(session.out_ != nullptr && length >= 0);  // it writes only while it is called
  session.out_->append(data, static_cast<size_t>(length));
  return length;
}

long SslSession::bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// Keeps what clients take for tls-unique (RFC 5929 §3): the first Finished of the handshake, which
// is the client's, or the server's where a session is resumed. On TLS 1.3 the name is no longer
// defined (RFC 9266 §4.3), yet clients built on OpenSSL send just this, and it binds to the whole
// handshake.
void SslSession::on_message(int is_write, int, int content_type, const void* message, size_t length,
                            SSL* ssl, void*) {
  static constexpr size_t kHeader = 4;
  const auto* const octets = static_cast<const char*>(message);
  if (content_type != SSL3_RT_HANDSHAKE || length <= kHeader || octets[0] != SSL3_MT_FINISHED)
    return;
  SslSession& session = of(ssl);
  CHECK(session.state_ == State::handshaking);  // only until finish_handshake()
  const bool by_server = (is_write == 1) == (SSL_is_server(ssl) == 1);
  if (by_server != (SSL_session_reused(ssl) == 1)) return;
  if (length - kHeader > session.finished_.size()) return;
  session.finished_length_ = static_cast<uint8_t>(length - kHeader);
  std::memcpy(session.finished_.data(), octets + kHeader, session.finished_length_);
}

bool SslSession::verify_peers(SSL_CTX* ctx, const std::string& ca_file) {
  CHECK(ctx != nullptr && !ca_file.empty());
  SSL_CTX_set_cert_verify_callback(ctx, on_verify, nullptr);
  return SSL_CTX_load_verify_locations(ctx, ca_file.c_str(), nullptr) == 1;
}

int SslSession::on_verify(X509_STORE_CTX* chain, void*) {
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const X509* const leaf = X509_STORE_CTX_get0_cert(chain);
  CHECK(ssl != nullptr && leaf != nullptr);
  const bool good = X509_verify_cert(chain) == 1;
  SslSession& session = of(ssl);
  session.peer_ = std::make_unique<Certificate>();
  session.peer_->subject = subject_of(leaf);
  if (good) {
    session.peer_->names = certificate_names(leaf);
  } else {
    session.failure_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
  }
  return good ? 1 : 0;
}

SslSession::SslSession(bssl::UniquePtr<SSL> ssl, uint32_t handshake_bytes_max)
    : ssl_(std::move(ssl)), handshake_bytes_max_(handshake_bytes_max) {
  BIO* const bio = BIO_new(bio_method());
  CHECK(ssl_ != nullptr && bio != nullptr);
  CHECK(handshake_bytes_max_ > 0);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes the one reference for both directions
  SSL_set_msg_callback(ssl_.get(), on_message);
  SSL_set_shed_handshake_config(ssl_.get(), 1);
}

TlsStatus SslSession::status() const {
  CHECK((state_ == State::failed) == (*failure_ != '\0'));
  switch (state_) {
    case State::closed:
      return TlsStatus::closed;
    case State::failed:
      return TlsStatus::failed;
    case State::handshaking:
    case State::established:
      return TlsStatus::ok;
  }
  return TlsStatus::failed;
}

TlsStatus SslSession::open(base::Bytes received, base::Sink& plain, base::Sink& records) {
  if (state_ == State::closed || state_ == State::failed) return status();
  const Loan loan(*this, received, records);
  if (state_ == State::handshaking) {
    const int done = SSL_do_handshake(ssl_.get());
    if (done != 1) {
      const int error = SSL_get_error(ssl_.get(), done);
      if (error != SSL_ERROR_WANT_READ) return fail(error);
      CHECK(in_.empty());  // nothing received is lost
      return TlsStatus::ok;
    }
    finish_handshake();
    // An end that came with the last flight is reported by the next call: nobody shall see
    // plaintext of a session he was never told of.
    (void)drain(plain);
    return TlsStatus::established;
  }
  return drain(plain);
}

TlsStatus SslSession::drain(base::Sink& plain) {
  CHECK(state_ == State::established && out_ != nullptr);
  for (;;) {
    const int n = SSL_read(ssl_.get(), scratch, sizeof scratch);
    if (n > 0) {
      plain.append(scratch, static_cast<size_t>(n));
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), n);
    if (error == SSL_ERROR_WANT_READ) {
      CHECK(in_.empty());  // nothing received is lost
      return TlsStatus::ok;
    }
    if (error != SSL_ERROR_ZERO_RETURN) return fail(error);
    state_ = State::closed;
    return TlsStatus::closed;
  }
}

TlsStatus SslSession::fail(int library_error) {
  CHECK(state_ == State::handshaking || state_ == State::established);
  CHECK(out_ != nullptr);  // the library has just been called
  const bool during_handshake = state_ == State::handshaking;
  state_ = State::failed;
  if (*failure_ == '\0') {
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    failure_ = reason != nullptr && library_error == SSL_ERROR_SSL ? reason : "TLS_ERROR";
  }
  ERR_clear_error();
  on_failed(during_handshake);
  return TlsStatus::failed;
}

void SslSession::finish_handshake() {
  static constexpr char kLabel[] = "EXPORTER-Channel-Binding";  // RFC 9266 §4.2
  CHECK(state_ == State::handshaking && !has_exporter_ && *failure_ == '\0');
  state_ = State::established;
  // Below TLS 1.3 the exporter binds to the whole handshake only with the extended master secret.
  if (SSL_version(ssl_.get()) >= TLS1_3_VERSION || SSL_get_extms_support(ssl_.get()) == 1) {
    has_exporter_ = SSL_export_keying_material(
                        ssl_.get(), reinterpret_cast<uint8_t*>(exporter_.data()), exporter_.size(),
                        kLabel, sizeof kLabel - 1, nullptr, 0, /*use_context=*/1) == 1;
  } else {
    finished_length_ = 0;  // neither does the Finished
  }
  SSL_set_msg_callback(ssl_.get(), nullptr);
  on_established();
}

bool SslSession::seal(base::Bytes plain, base::Sink& records) {
  if (state_ != State::established || closed_by_us_) return false;
  if (plain.empty()) return true;
  const Loan loan(*this, {}, records);
  while (!plain.empty()) {
    const size_t piece = std::min<size_t>(plain.size(), 1u << 30);  // the library counts in int
    const int n = SSL_write(ssl_.get(), plain.data(), static_cast<int>(piece));
    if (n <= 0) {
      fail(SSL_get_error(ssl_.get(), n));
      return false;
    }
    CHECK(static_cast<size_t>(n) == piece);  // all of it or an error
    plain.remove_prefix(piece);
  }
  return true;
}

void SslSession::close(base::Sink& records) {
  if (closed_by_us_ || state_ == State::handshaking || state_ == State::failed) return;
  CHECK(state_ == State::established || state_ == State::closed);
  closed_by_us_ = true;
  const Loan loan(*this, {}, records);
  SSL_shutdown(ssl_.get());  // one call: our close_notify; we do not wait for theirs
  ERR_clear_error();
}

TlsFacts SslSession::facts() const {
  TlsFacts facts;
  if (state_ == State::handshaking) return facts;
  facts.version = static_cast<uint16_t>(SSL_version(ssl_.get()));
  facts.resumed = SSL_session_reused(ssl_.get()) == 1;
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) {
    facts.server_name = name;
  }
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get())) {
    facts.cipher = SSL_CIPHER_standard_name(cipher);
  }
  if (has_exporter_) facts.exporter = {exporter_.data(), exporter_.size()};
  CHECK(finished_length_ <= finished_.size());
  facts.unique = {finished_.data(), finished_length_};
  facts.server_end_point = end_point();
  if (peer_ != nullptr) {
    facts.peer_names = peer_->names;
    facts.peer_subject = peer_->subject;
  }
  return facts;
}

base::Bytes SslSession::refused_subject() const {
  if (state_ != State::failed || peer_ == nullptr) return {};
  return peer_->subject;
}

}  // namespace engine
