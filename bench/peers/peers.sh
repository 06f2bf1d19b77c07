# Functions for scripts that measure the peers of Debian. Source it from the root of the tree, after
# bench/load/node.sh, whose conventions these keep: $server, $port, $tls_port, $scratch/pid.
#
# Everything a peer reads and writes is below $scratch/peer; nothing of the system's own installation
# is touched. Server on core 0 (NODE_CPUS), as a node is.

peer_installed() {  # peer_installed NAME
  case $1 in
    ejabberd) command -v erl >/dev/null && ls -d /usr/lib/*/ejabberd-*/ebin >/dev/null 2>&1 ;;
    prosody) command -v prosody >/dev/null ;;
    kamailio) [ -e "$(kamailio_module presence_xml)" ] ;;
    *) false ;;
  esac
}

# kamailio_module NAME: its file, if it is there.
kamailio_module() {
  compgen -G "/usr/lib/*/kamailio/modules/$1.so"
}

peer_version() {  # peer_version NAME
  dpkg-query -W -f '${Version}' "$1"
}

peer_listens() {  # peer_listens PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# peer_prepare TEMPLATE: the folder, a certificate (ECDSA P-256, as Rollcall makes itself), ports,
# the configuration.
peer_prepare() {
  stop_server
  peer=$scratch/peer
  rm -rf "$peer"
  mkdir -p "$peer/data"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost -keyout "$peer/key.pem" -out "$peer/certificate.pem" \
    2>/dev/null
  read -r port tls_port < <(free_ports)
  sed "s|@FOLDER@|$peer|g; s|@PORT@|$port|; s|@TLS_PORT@|$tls_port|" "bench/peers/$1" >"$peer/$1"
}

# peer_wait COMMAND...: until that succeeds; fails if the server is gone or 90 seconds have passed.
peer_wait() {
  for _ in $(seq 900); do
    "$@" && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$peer/log" >&2
  return 1
}

prosody_start() {  # prosody_start USERS CONTACTS
  peer_prepare prosody.cfg.lua
  rmdir "$peer/data"
  python3 bench/peers/provision.py "$peer/data" "$1" "$2"
  (cd "$peer" && exec taskset -c "${NODE_CPUS:-0}" prosody --config "$peer/prosody.cfg.lua" -F) \
    >"$peer/log" 2>&1 </dev/null &
  server=$!
  echo "$server" >"$scratch/pid"
  peer_wait peer_listens "$tls_port"
}

# Without its control script, which insists on the system's user: one scheduler, no busy waiting, not
# distributed. ejabberd's limits of ports and processes are as in that script, with room for more.
ejabberd_start() {  # ejabberd_start USERS CONTACTS
  peer_prepare ejabberd.yml
  cat "$peer/key.pem" >>"$peer/certificate.pem"
  local libraries
  libraries=$(dirname "$(ls -d /usr/lib/*/ejabberd-*/ | tail -1)")
  (cd "$peer" && HOME=$peer ERL_LIBS=$libraries EJABBERD_CONFIG_PATH=$peer/ejabberd.yml \
    EJABBERD_LOG_PATH=$peer/ejabberd.log ERL_CRASH_DUMP=$peer/crash ERL_MAX_PORTS=65536 \
    exec taskset -c "${NODE_CPUS:-0}" erl +K true +P 1000000 +Q 65536 +S 1:1 +SDcpu 1:1 +sbwt none \
    +sbwtdcpu none +sbwtdio none -noinput -mnesia dir "\"$peer/data\"" -s ejabberd \
    -eval "ok = file:eval(\"$OLDPWD/bench/peers/provision.erl\",
      [{'Users', $1}, {'Contacts', $2}, {'Folder', \"$peer\"}])") >"$peer/log" 2>&1 </dev/null &
  server=$!
  echo "$server" >"$scratch/pid"
  peer_wait test -e "$peer/ready"
}

# Only SIP: $sip_port, and $sip_peer_port, where it relays messages to.
kamailio_start() {
  stop_server
  peer=$scratch/peer
  rm -rf "$peer"
  mkdir -p "$peer/tables" "$peer/run"
  local table
  for table in version presentity active_watchers watchers xcap; do
    cp "/usr/share/kamailio/dbtext/kamailio/$table" "$peer/tables"
  done
  read -r sip_port sip_peer_port < <(free_ports)
  port=$sip_port
  sed "s|@FOLDER@|$peer|g; s|@PORT@|$sip_port|g; s|@PEER_PORT@|$sip_peer_port|g" \
    bench/peers/kamailio.cfg >"$peer/kamailio.cfg"
  (cd "$peer" && exec taskset -c "${NODE_CPUS:-0}" kamailio -DD -E -x fm -X fm -m 6144 -M 64 -b 4194304 \
    -Y "$peer/run" -f "$peer/kamailio.cfg") >"$peer/log" 2>&1 </dev/null &
  server=$!
  disown "$server"  # nobody has to be told how it ended
  echo "$server" >"$scratch/pid"
  peer_wait peer_listens "$sip_port"
}

# peer_start NAME USERS CONTACTS: fresh, with these accounts and rosters.
peer_start() {
  if ! peer_installed "$1"; then
    echo "$1 is not installed: apt-get install $1" >&2
    return 1
  fi
  "$1_start" "$2" "$3"
}
