// express-http-proxy, which asks the gateway, with the mapping in its response decorator.
import http from "node:http";
import express from "express";
import proxy from "express-http-proxy";
import helmet from "helmet";
import { authenticate } from "./express-session.js";
import { announce, gateway } from "./given.js";

const { origin, pathname } = new URL(gateway);
const agent = new http.Agent({ keepAlive: true });
const app = express();
app.use(helmet());

app.get(
  "/conferences",
  authenticate,
  proxy(origin, {
    timeout: 5000,
    parseReqBody: false,
    proxyReqPathResolver: (req) => `${pathname}/agentconf/${req.session.agentId}/queryvdnconfid`,
    proxyReqOptDecorator: (options, req) => {
      options.agent = agent;
      delete options.headers.authorization;
      options.headers.guid = req.session.guid;
      options.headers["content-type"] = "application/json; charset=UTF-8";
      return options;
    },
    userResDecorator: (_proxyRes, data, _req, res) => {
      const answer = JSON.parse(data.toString("utf8"));
      if (answer.retcode !== "0") {
        res.status(502);
        return JSON.stringify({ error: "refused by the gateway" });
      }
      const ids = answer.result?.confIds ?? [];
      return JSON.stringify({ conferences: ids.map((id) => ({ id: String(id) })) });
    },
  }),
);

const server = app.listen(0, "127.0.0.1", () => announce(server));
