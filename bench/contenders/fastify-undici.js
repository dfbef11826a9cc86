// fastify + @fastify/helmet + undici: what somebody who cares for speed would take.
import { createPublicKey, createSecretKey } from "node:crypto";
import helmet from "@fastify/helmet";
import fastify from "fastify";
import jwt from "jsonwebtoken";
import { Pool } from "undici";
import { algorithms, announce, gateway, key, sessions } from "./given.js";

const { origin, pathname } = new URL(gateway);
const pool = new Pool(origin, { connections: 64 });
const verificationKey = algorithms[0] === "HS256" ? createSecretKey(Buffer.from(key)) : createPublicKey(key);

const app = fastify();
await app.register(helmet);

app.decorateRequest("session", null);
app.addHook("onRequest", async (request, reply) => {
  const token = request.headers.authorization?.replace(/^Bearer /, "");
  let claims;
  try {
    claims = jwt.verify(token, verificationKey, { algorithms });
  } catch {
    return reply.code(401).send({ error: "invalid token" });
  }
  const session = sessions.get(claims.sid);
  if (!session || session.subject !== claims.sub) return reply.code(401).send({ error: "no session" });
  request.session = session;
});

app.get("/conferences", async (request, reply) => {
  const { agentId, guid } = request.session;
  try {
    const { body } = await pool.request({
      path: `${pathname}/agentconf/${agentId}/queryvdnconfid`,
      method: "GET",
      headers: { guid, "content-type": "application/json; charset=UTF-8" },
      headersTimeout: 5000,
      bodyTimeout: 5000,
    });
    const answer = await body.json();
    if (answer.retcode !== "0") return reply.code(502).send({ error: "refused by the gateway" });
    const ids = answer.result?.confIds ?? [];
    return { conferences: ids.map((id) => ({ id: String(id) })) };
  } catch {
    return reply.code(502).send({ error: "gateway unreachable" });
  }
});

await app.listen({ port: 0, host: "127.0.0.1" });
announce(app.server);
