#!/bin/sh
# Brings what the tests need and npm cannot: redis-server (or valkey-server), Chromium, and what looks at deploy/ (promtool of
# prometheus, systemd-analyze, curl), from Debian's or Ubuntu's packages; with --slow also the balancers and the Prometheus that the slow tests run.
# Does nothing, and says nothing, when all is there.
set -eu

missing=""
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || missing="redis-server"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing="$missing chromium"
command -v promtool >/dev/null || missing="$missing prometheus"
command -v systemd-analyze >/dev/null || missing="$missing systemd"
command -v curl >/dev/null || missing="$missing curl"
if [ "${1:-}" = --slow ]; then
  for program in haproxy nginx caddy; do
    command -v $program >/dev/null || missing="$missing $program"
  done
fi
missing=$(echo $missing)
[ -n "$missing" ] || exit 0

give_up() {
  echo "The tests need: $missing. $1" >&2
  echo "Install it, for instance with: apt-get install --no-install-recommends $missing" >&2
  exit 1
}

command -v apt-get >/dev/null || give_up "There is no apt-get here."
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root="sudo"
else
  give_up "We are neither root nor have sudo."
fi

log=$(mktemp)
# The package of Debian starts a system-wide Redis on port 6379, which nobody asked for. A policy of our own says no to
# the start (exit 101, invoke-rc.d(8)), and is taken away again.
policy=/usr/sbin/policy-rc.d
own_policy=""
clean_up() {
  [ -z "$own_policy" ] || $as_root rm -f "$policy"
  rm -f "$log"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
if [ ! -e "$policy" ]; then
  own_policy=yes
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi

echo "Installing $missing for the tests" >&2
install() {
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1
}
# The lists may be missing or old: only then they are fetched, which takes a while.
install || { $as_root apt-get update -q >"$log" 2>&1 && install; } || {
  tail -n 20 "$log" >&2
  give_up "apt-get failed, its last lines are above."
}

# A policy of the machine's own may have let it start, and systemd would at the next boot.
for service in redis-server prometheus haproxy nginx caddy; do
  case "$missing" in *$service*)
    if [ -d /run/systemd/system ]; then
      $as_root systemctl disable --now $service >/dev/null 2>&1 || true
    else
      $as_root service $service stop >/dev/null 2>&1 || true
    fi
    ;;
  esac
done
