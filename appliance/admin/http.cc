#include "appliance/admin/http.h"

#include <arpa/inet.h>

#include <algorithm>

namespace appliance {
namespace {

HttpRequest refuse(uint16_t status, const char* why) {
  return {.state = HttpState::refused, .status = status, .why = why};
}

// RFC 9110 §5.6.2.
bool is_token(base::Bytes text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return base::Bytes("!#$%&'*+-.^_`|~").find(c) != base::Bytes::npos;
  });
}

bool has_control(base::Bytes text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<uint8_t>(c);
    return (octet < 0x20 && octet != '\t') || octet == 0x7F;
  });
}

bool equal_ignoring_case(base::Bytes a, base::Bytes lower) {
  return a.size() == lower.size() &&
         std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
         });
}

base::Bytes trim(base::Bytes text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

base::Bytes without_port(base::Bytes host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end == base::Bytes::npos ? base::Bytes() : host.substr(1, end - 1);
  }
  return host.substr(0, host.rfind(':'));
}

// `GET /metrics HTTP/1.1`, exactly one space between the parts (RFC 9112 §3).
HttpRequest parse_request_line(base::Bytes line, bool& http11) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == base::Bytes::npos || last <= first) return refuse(400, "malformed request line");
  const base::Bytes method = line.substr(0, first);
  const base::Bytes target = line.substr(first + 1, last - first - 1);
  const base::Bytes version = line.substr(last + 1);
  if (!is_token(method) || target.find(' ') != base::Bytes::npos) {
    return refuse(400, "malformed request line");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "version not supported");
  if (method != "GET") return refuse(405, "only GET");
  if (!target.starts_with('/')) return refuse(400, "malformed target");
  http11 = version == "HTTP/1.1";
  HttpRequest request{.state = HttpState::complete};
  request.target = target;
  return request;
}

struct FieldsSeen {
  size_t count = 0;
  size_t hosts = 0;
};

// Null, or why the field is refused.
const char* take_field(base::Bytes line, HttpRequest& request, FieldsSeen& seen) {
  const size_t colon = line.find(':');
  if (colon == base::Bytes::npos) return "field without colon";
  const base::Bytes name = line.substr(0, colon);
  const base::Bytes value = trim(line.substr(colon + 1));
  if (!is_token(name)) return "malformed field name";
  if (has_control(value)) return "control character in a field";
  if (equal_ignoring_case(name, "transfer-encoding")) return "transfer codings are not accepted";
  if (equal_ignoring_case(name, "content-length") && value != "0") return "a body is not accepted";
  if (equal_ignoring_case(name, "upgrade")) return "upgrades are not accepted";
  if (equal_ignoring_case(name, "origin")) request.foreign_origin = true;
  if (equal_ignoring_case(name, "host")) {
    ++seen.hosts;
    request.host = without_port(value);
  }
  ++seen.count;
  return nullptr;
}

const char* reason_phrase(uint16_t status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

}  // namespace

HttpRequest parse_http(base::Bytes received, const HttpLimits& limits) {
  const size_t end = received.find("\r\n\r\n");
  if (end == base::Bytes::npos) {
    if (received.size() >= limits.head_bytes) return refuse(431, "head too large");
    return {};
  }
  if (end + 4 > limits.head_bytes) return refuse(431, "head too large");
  if (end + 4 != received.size()) return refuse(400, "bytes after the head");
  base::Bytes head = received.substr(0, end);
  bool http11 = false;
  HttpRequest request;
  FieldsSeen seen;
  for (bool first = true; first || !head.empty(); first = false) {
    const size_t cut = head.find("\r\n");
    const base::Bytes line = head.substr(0, cut);
    head = cut == base::Bytes::npos ? base::Bytes() : head.substr(cut + 2);
    if (line.find_first_of("\r\n") != base::Bytes::npos || line.find('\0') != base::Bytes::npos) {
      return refuse(400, "bare CR, LF or NUL");
    }
    if (first) {
      request = parse_request_line(line, http11);
      if (request.state == HttpState::refused) return request;
    } else if (const char* why = take_field(line, request, seen)) {
      return refuse(400, why);
    }
    if (seen.count > limits.fields) return refuse(431, "too many fields");
  }
  if (seen.hosts > 1 || (http11 && seen.hosts == 0)) return refuse(400, "one Host is needed");
  return request;
}

bool is_local_host(base::Bytes host) {
  if (host.empty() || host == "localhost") return true;
  unsigned char octets[16];
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), octets) == 1 ||
         inet_pton(AF_INET6, text.c_str(), octets) == 1;
}

std::string http_answer(uint16_t status, base::Bytes content_type, base::Bytes body) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + reason_phrase(status) + "\r\n";
  if (status == 405) out += "Allow: GET\r\n";
  out += "Content-Type: " + std::string(content_type) + "\r\n";
  out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  out += body;
  return out;
}

}  // namespace appliance
