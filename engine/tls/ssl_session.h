// A TlsSession around an SSL object, for both sides of a connection. The library reads from and
// writes into the caller's buffers through a BIO of ours, so nothing is buffered between calls but
// the piece of a record that has not fully arrived.
// Internal to engine/tls. One thread at a time.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/tls/session.h"

namespace engine {

class SslSession : public TlsSession {
 public:
  SslSession(bssl::UniquePtr<SSL> ssl, uint32_t handshake_bytes_max);
  SslSession(const SslSession&) = delete;
  SslSession& operator=(const SslSession&) = delete;

  TlsStatus open(base::Bytes received, base::Sink& plain, base::Sink& records) override;
  [[nodiscard]] bool seal(base::Bytes plain, base::Sink& records) override;
  void close(base::Sink& records) override;
  TlsFacts facts() const override;
  const char* failure() const override { return failure_; }
  base::Bytes refused_subject() const override;

  // The session that an SSL object given to a callback of the library belongs to.
  static SslSession& of(const SSL* ssl);

  // Sessions of this context verify the other side's certificate against the authorities of a PEM
  // file, and remember whose it was. False: the file is not good.
  static bool verify_peers(SSL_CTX* ctx, const std::string& ca_file);

 protected:
  SSL* ssl() const { return ssl_.get(); }
  bool established() const { return state_ == State::established; }
  // Lends `records` to the library for one call outside open(), seal(), close().
  template <class Call>
  void with_records(base::Sink& records, Call call) {
    const Loan loan(*this, {}, records);
    call(ssl());
  }
  virtual base::Bytes end_point() const { return {}; }
  virtual void on_established() {}
  virtual void on_failed(bool /*during_handshake*/) {}

 private:
  enum class State : uint8_t { handshaking, established, closed, failed };

  // Received bytes and the sink for records, lent for the length of one call.
  class Loan {
   public:
    Loan(SslSession& session, base::Bytes received, base::Sink& records);
    ~Loan();

   private:
    SslSession& session_;
  };

  static const BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* out, int length);
  static int bio_write(BIO* bio, const char* data, int length);
  static long bio_control(BIO* bio, int command, long argument, void* pointer);
  static int on_verify(X509_STORE_CTX* chain, void* argument);
  static void on_message(int is_write, int version, int content_type, const void* message,
                         size_t length, SSL* ssl, void* argument);

  TlsStatus drain(base::Sink& plain);
  TlsStatus fail(int library_error);
  void finish_handshake();
  TlsStatus status() const;

  // Of the other side, where it is verified.
  struct Certificate {
    std::vector<CertificateName> names;
    std::string subject;
  };

  bssl::UniquePtr<SSL> ssl_;
  base::Bytes in_;
  base::Sink* out_ = nullptr;
  const char* failure_ = "";
  uint32_t handshake_bytes_ = 0;
  const uint32_t handshake_bytes_max_;
  State state_ = State::handshaking;
  bool closed_by_us_ = false;
  bool has_exporter_ = false;
  std::array<char, 32> exporter_{};
  std::array<char, 48> finished_{};  // verify_data of the client's Finished, or, resumed, of ours
  uint8_t finished_length_ = 0;
  std::unique_ptr<Certificate> peer_;
};

}  // namespace engine
