-- Prosody as bench/peers runs it: what the measured traffic needs and nothing else, no limits in the
-- way, accounts and rosters in its default storage (files, read at login). @WORDS@ are filled in by
-- peers.sh. The collector of garbage is the generational one: less processor time than the default.
daemonize = false
run_as_root = true
pidfile = "@FOLDER@/prosody.pid"
data_path = "@FOLDER@/data"
log = { error = "*console" }
network_backend = "epoll"
gc = { mode = "generational" }
network_settings = { read_timeout = 86400, tcp_backlog = 1024 }
interfaces = { "127.0.0.1" }
c2s_ports = { @PORT@ }
c2s_direct_tls_ports = { @TLS_PORT@ }
s2s_ports = { }
ssl = { key = "@FOLDER@/key.pem", certificate = "@FOLDER@/certificate.pem" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
password_hash = "SHA-256"
storage = "internal"
modules_enabled = { "roster", "saslauth", "tls", "disco" }
modules_disabled = { "s2s", "offline", "posix" }
VirtualHost "localhost"
