# Functions for scripts that load something: build it, start a node or the relay on the first core,
# drive it from the second, stop it. Source it from the root of the tree, after setting `build`.
#
# Everything is below $scratch, which goes away at the end, but results: $results.

scratch=$(mktemp -d)
server=                      # PID of what is being loaded
results=${RESULTS:-$build/load}
port=
tls_port=
sip_port=
sip_peer_port=
ulimit -n "$(ulimit -Hn)"
mkdir -p "$results"

stop_server() {
  [ -n "$server" ] || return 0
  server=$(cat "$scratch/pid")  # another one, after a restart
  kill "$server" 2>/dev/null || true
  while kill -0 "$server" 2>/dev/null; do sleep 0.05; done
  rm -f "$scratch/pid"
  server=
}
clean_up() {
  stop_server
  rm -rf "$scratch"
}
trap clean_up EXIT

build_bench() {
  if [ "$build" = build/release ]; then
    ./appliance/install-packages build
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
  fi
  ninja -C "$build" rollcalld bench_load bench_relay bench_provision >/dev/null
}

# Two ports nobody listens at, outside the range that outgoing connections are given.
free_ports() {
  python3 - <<'PY'
import random, socket
found = []
while len(found) < 2:
    port = random.randrange(20000, 32000)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    if port not in found:
        found.append(port)
print(*found)
PY
}

# node_start USERS CONTACTS [LINE OF TOML]...: a node with these accounts, one shard, on core 0.
# Sets $server, $port (plain, STARTTLS offered) and $tls_port (direct TLS).
node_start() {
  local users=$1 contacts=$2 direct=false
  shift 2
  stop_server
  rm -rf "$scratch/data"
  mkdir -p "$scratch/data"
  "$build/bench/idle/bench_provision" "$scratch/data/rollcall.sqlite" localhost \
    "$users" "$contacts" >/dev/null
  # More clients than a process may have descriptors: the rings' own tables hold them.
  [ $((users + 1000)) -gt "$(ulimit -Hn)" ] && direct=true
  {
    echo 'domains = ["localhost"]'
    echo 'admin.metrics = false'
    echo 'net.connections_per_source_max = 0'
    echo "net.connections_max = $((users + 1000))"
    echo "net.direct_descriptors = $direct"
    echo 'login.seconds = 600'
    echo 'session.idle_seconds = 86400'
    for line in "$@"; do echo "$line"; done
    printf '[[listener]]\naddress = "127.0.0.1"\nport = 0\ntls = "optional"\n'
    printf 'sasl_without_tls = true\n'
    printf '[[listener]]\naddress = "127.0.0.1"\nport = 0\ndirect = true\n'
  } >"$scratch/rollcall.toml"
  write_restart
  sh "$scratch/restart"
  server=$(cat "$scratch/pid")
  port=$(awk 'NR == 1 {print $3}' "$scratch/data/listening")
  tls_port=$(awk 'NR == 2 {print $3}' "$scratch/data/listening")
  # The same ports after a restart.
  sed -i "0,/port = 0/s//port = $port/; 0,/port = 0/s//port = $tls_port/" "$scratch/rollcall.toml"
}

# sip_node_start USERS [LINE OF TOML]...: the same, which also speaks SIP at $sip_port, over UDP and
# TCP, and trusts the generator as its peer at $sip_peer_port: whom it asks by UDP is udp.peer, by TCP
# tcp.peer.
sip_node_start() {
  local users=$1 peers=()
  shift
  read -r sip_port sip_peer_port < <(free_ports)
  local kind
  for kind in udp tcp; do
    peers+=('[[sip.peer]]' 'address = "127.0.0.2"' "port = $sip_peer_port" "transport = \"$kind\""
      "domains = [\"$kind.peer\"]" 'publishes = true' 'watches = true')
  done
  node_start "$users" 0 "$@" 'sip.enabled = true' 'sip.address = "127.0.0.1"' \
    'sip.transports = ["udp", "tcp"]' "sip.udp_port = $sip_port" "sip.tcp_port = $sip_port" \
    "${peers[@]}"
}

# A script that stops the node, if it runs, and starts it: `--restart "sh $scratch/restart"`.
write_restart() {
  cat >"$scratch/restart" <<SH
if [ -s "$scratch/pid" ]; then
  kill "\$(cat "$scratch/pid")"
  while kill -0 "\$(cat "$scratch/pid")" 2>/dev/null; do sleep 0.02; done
fi
rm -f "$scratch/data/listening" "$scratch/pid"
ulimit -n "\$(ulimit -Hn)"
taskset -c "${NODE_CPUS:-0}" "$build/appliance/rollcalld" --config "$scratch/rollcall.toml" \\
  --data "$scratch/data" --shards "${SHARDS:-1}" >>"$scratch/node.log" 2>&1 </dev/null &
echo \$! >"$scratch/pid"
for _ in \$(seq 200); do
  [ -s "$scratch/data/listening" ] && exit 0
  kill -0 "\$(cat "$scratch/pid")" || break
  sleep 0.05
done
tail -5 "$scratch/node.log" >&2
exit 1
SH
}

# relay_start [FLAG]...: the bare relay on core 0.
relay_start() {
  stop_server
  rm -f "$scratch/relay"
  taskset -c "${NODE_CPUS:-0}" "$build/bench/relay/bench_relay" "$@" >"$scratch/relay" &
  server=$!
  while ! [ -s "$scratch/relay" ]; do
    kill -0 "$server"
    sleep 0.05
  done
  port=$(awk '{print $2}' "$scratch/relay")
  echo "$server" >"$scratch/pid"
}

# load LABEL [ARGUMENT]...: loads $server through $port; $results/LABEL.json and .html.
load() {
  local label=$1
  shift
  "$build/bench/load/bench_load" --label "$label" --port "$port" --pid-file "$scratch/pid" \
    ${sip_port:+--sip-port "$sip_port" --sip-peer-port "$sip_peer_port"} \
    --cpus "${LOAD_CPUS:-1}" --json "$results/$label.json" --html "$results/$label.html" "$@"
}
