// Waits for the service on this machine to be ready: `node ready.cjs SECONDS`, with the service's own HOST and PORT. Exits with 0 as
// soon as /readyz is 200, with 1 and a line on standard error when the time is over. For the unit beside it: curl takes no
// address of IPv6 as it stands in HOST.
"use strict";

const { get } = require("node:http");

const { HOST, PORT } = process.env;
// What listens on every address is asked at one of this machine's own. An empty value counts as not set.
const place = { host: HOST || "0.0.0.0", port: PORT || "3000" };
const until = Date.now() + Number(process.argv[2] ?? 0) * 1_000;
const PAUSE_MS = 500;

function ask() {
  const asked = get({ ...place, path: "/readyz", agent: false, timeout: 5_000 }, (answer) => {
    answer.resume();
    if (answer.statusCode === 200) process.exit(0);
    again(`HTTP ${answer.statusCode}`);
  });
  asked.once("timeout", () => asked.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
  asked.once("error", (error) => again(error.code ?? "no HTTP"));
}

function again(why) {
  if (Date.now() + PAUSE_MS < until) return void setTimeout(ask, PAUSE_MS);
  process.stderr.write(`conferences-bff is not ready at HOST ${place.host}, PORT ${place.port}: ${why}\n`);
  process.exit(1);
}

ask();
