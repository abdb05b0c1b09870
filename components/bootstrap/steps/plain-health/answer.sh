#!/usr/bin/env bash
# Answers one HTTP request with what the API server on this machine says of its own health. systemd runs it once a
# connection, which is its standard input and output.
set -u
. /etc/hardway/node.env

# answer STATUS TEXT
answer() {
  printf 'HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' "$1" $((${#2} + 1)) "$2"
}

# Its headers too, though nothing in them matters: an answer before the end of the request may never arrive.
IFS=' ' read -r -t 5 method path _ || exit 0
for ((lines = 0; lines < 100; lines++)); do
  IFS= read -r -t 5 header || exit 0
  [ -n "${header%$'\r'}" ] || break
done

if [ "$method $path" != 'GET /healthz' ]; then
  answer '404 Not Found' 'only GET /healthz is answered here'
elif curl --fail --silent --output /dev/null --max-time 3 --cacert /var/lib/kubernetes/ca.pem "https://127.0.0.1:$API_PORT/healthz"; then
  answer '200 OK' ok
else
  answer '503 Service Unavailable' 'the API server is not healthy'
fi
