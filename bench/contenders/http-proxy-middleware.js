// http-proxy-middleware, with the mapping in its response interceptor.
import http from "node:http";
import express from "express";
import helmet from "helmet";
import { createProxyMiddleware, responseInterceptor } from "http-proxy-middleware";
import { authenticate } from "./express-session.js";
import { announce, gateway } from "./given.js";

const { origin, pathname } = new URL(gateway);
const app = express();
app.use(helmet());

app.get(
  "/conferences",
  authenticate,
  createProxyMiddleware({
    target: origin,
    agent: new http.Agent({ keepAlive: true }),
    proxyTimeout: 5000,
    pathRewrite: (_path, req) => `${pathname}/agentconf/${req.session.agentId}/queryvdnconfid`,
    selfHandleResponse: true,
    on: {
      proxyReq: (proxyReq, req) => {
        proxyReq.removeHeader("authorization");
        proxyReq.setHeader("guid", req.session.guid);
        proxyReq.setHeader("content-type", "application/json; charset=UTF-8");
      },
      proxyRes: responseInterceptor(async (data, _proxyRes, _req, res) => {
        const answer = JSON.parse(data.toString("utf8"));
        if (answer.retcode !== "0") {
          res.statusCode = 502;
          return JSON.stringify({ error: "refused by the gateway" });
        }
        const ids = answer.result?.confIds ?? [];
        return JSON.stringify({ conferences: ids.map((id) => ({ id: String(id) })) });
      }),
    },
  }),
);

const server = app.listen(0, "127.0.0.1", () => announce(server));
