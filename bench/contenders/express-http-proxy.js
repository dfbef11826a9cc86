// express-http-proxy, which asks the gateway, with the mapping in its response decorator.
import http from "node:http";
import express from "express";
import proxy from "express-http-proxy";
import helmet from "helmet";
import jwt from "jsonwebtoken";
import { algorithms, announce, gateway, key, sessions } from "./given.js";

const { origin, pathname } = new URL(gateway);
const agent = new http.Agent({ keepAlive: true });
const app = express();
app.use(helmet());

function authenticate(req, res, next) {
  const token = req.headers.authorization?.replace(/^Bearer /, "");
  let claims;
  try {
    claims = jwt.verify(token, key, { algorithms });
  } catch {
    return res.status(401).json({ error: "invalid token" });
  }
  const session = sessions.get(claims.sid);
  if (!session || session.subject !== claims.sub) return res.status(401).json({ error: "no session" });
  req.session = session;
  next();
}

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
