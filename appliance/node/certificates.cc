#include "appliance/node/certificates.h"

#include <idn2.h>

#include <algorithm>

#include "appliance/node/files.h"
#include "engine/tls/self_signed.h"

namespace appliance {
namespace {

// The name as certificates and clients' SNI write it: A-labels (RFC 5890 §2.3.2.1).
base::Result<std::string> ascii_name(const std::string& domain) {
  char* ascii = nullptr;
  const int code = idn2_to_ascii_8z(domain.c_str(), &ascii, IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) {
    return base::Error{"no certificate can name " + domain + ": " + idn2_strerror(code)};
  }
  std::string name(ascii);
  idn2_free(ascii);
  if (name.find('/') != std::string::npos) return base::Error{domain + " is not a host name"};
  return name;
}

// A self-signed certificate is made anew this long before it expires, when the node starts or
// reloads; until then there is a warning.
constexpr int64_t kRenewSeconds = 30 * 86400;

bool due(const engine::TlsCertificateFiles& files, base::WallTime now) {
  if (!file_exists(files.chain_file) || !file_exists(files.key_file)) return true;
  const auto expiry = engine::self_signed_expiry(files.chain_file);
  return expiry && expiry->seconds() - now.seconds() < kRenewSeconds;
}

// Makes what is missing or about to expire; yields the files.
base::Result<engine::TlsCertificateFiles> own_certificate(const Config& config,
                                                          const std::string& name,
                                                          base::WallTime now) {
  const std::string folder = config.data + "/certificates";
  if (auto made = prepare_folder(folder); !made) return made.error();
  engine::TlsCertificateFiles files{
      folder + "/" + name + ".crt", folder + "/" + name + ".key", {name}};
  if (due(files, now)) {
    const auto made = engine::make_self_signed({name}, now, engine::kSelfSignedDays,
                                               files.chain_file, files.key_file);
    if (!made) return made.error();
  }
  return files;
}

}  // namespace

base::Status add_sip_contexts(const SipConfig& sip, engine::TlsOptions options,
                              std::shared_ptr<engine::TicketKeys> tickets, base::WallTime now,
                              engine::TlsContexts& out) {
  options.alpn = "sip/2";
  const auto plain = engine::TlsContext::make(options, tickets, now);
  if (!plain) return plain.error();
  out.servers.push_back(*plain);
  out.servers.push_back(nullptr);
  out.clients.push_back(nullptr);
  if (sip.ca_file.empty()) return base::Status::ok();
  options.client_ca_file = sip.ca_file;
  const auto mutual = engine::TlsContext::make(options, tickets, now);
  if (!mutual) return mutual.error();
  out.servers[kSipMutualTls] = *mutual;
  const auto client = engine::TlsClientContext::make({.ca_file = sip.ca_file,
                                                      .demand_name = false,
                                                      .certificate = options.certificates.front(),
                                                      .alpn = {}},
                                                     now);
  if (!client) return client.error();
  out.clients[kSipClientTls] = *client;
  return base::Status::ok();
}

base::Result<Certificates> load_certificates(const Config& config,
                                             std::shared_ptr<engine::TicketKeys> tickets,
                                             base::WallTime now) {
  Certificates result;
  engine::TlsOptions options;
  for (const std::string& domain : config.domains) {
    const auto name = ascii_name(domain);
    if (!name) return name.error();
    const auto given = std::find_if(config.certificates.begin(), config.certificates.end(),
                                    [&](const CertificateConfig& c) { return c.domain == domain; });
    if (given != config.certificates.end()) {
      options.certificates.push_back({given->chain, given->key, {*name}});
      continue;
    }
    auto files = own_certificate(config, *name, now);
    if (!files) return files.error();
    result.self_signed.push_back(files->chain_file);
    options.certificates.push_back(std::move(*files));
  }
  auto context = engine::TlsContext::make(options, tickets, now);
  if (!context) return context.error();
  result.contexts = std::move(*context);
  if (config.sip.enabled) {
    auto added = add_sip_contexts(config.sip, options, tickets, now, result.contexts);
    if (!added) return added.error();
  }
  return result;
}

}  // namespace appliance
