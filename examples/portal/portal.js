/**
 * A portal with users of its own. It is the issuer of its users' tokens, signs their agents in at the gateway by itself, and
 * binds a session for each: from then on the service keeps the agent signed in, and the portal's page asks it directly.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { createClient, isProblem } from "../../client/index.js";
import { demoService, endAtCtrlC } from "../demo-service.js";

const { JWT_SECRET = "the-secret-that-portal-and-service-share" } = process.env;
const { serviceUrl, gatewayUrl, close } = await demoService({ JWT_SECRET });

/** Whom the portal knows: its own users, each with the agent that they work as. @type {Record<string, { password: string, agentId: string }>} */
const users = { ann: { password: "ann's password", agentId: "1201" } };

// recipe
/** A token of the portal's issuer. @param {object} claims */
const sign = (claims) => jwt.sign(claims, JWT_SECRET, { algorithm: "HS256", expiresIn: "15m" });

/** The portal itself, to the service: its scope opens /sessions. A fresh token for each call costs nothing. */
const backend = createClient({
  baseUrl: serviceUrl,
  token: () => sign({ sub: "portal", scope: "sessions:write" }),
});

/**
 * @param {string} user
 * @returns {Promise<string>} the token for the user's page, which names the session that was bound
 */
async function signIn(user) {
  const { agentId } = /** @type {{ agentId: string }} */ (users[user]);
  const sid = randomUUID();
  const guid = await signInAtGateway(agentId);
  await backend.sessions.bind(sid, { agentId, guid, subject: user, keepAlive: "managed" });
  return sign({ sub: user, sid });
}

/** Ends every session of a user, and with the last one the agent's at the gateway. @param {string} user */
const signOut = (user) => backend.sessions.revokeSubject(user);
// end of recipe

/** The gateway's own sign-in, page 1202 of its reference. The Guid comes in a header. @param {string} agentId */
async function signInAtGateway(agentId) {
  const answer = await fetch(`${gatewayUrl}/onlineagent/${agentId}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json; charset=UTF-8" },
    body: JSON.stringify({ password: `secret-${agentId}`, phonenum: "40038", status: 3, autoenteridle: false }),
  });
  const { retcode } = /** @type {{ retcode: string }} */ (await answer.json());
  const guid = /JSESSIONID=([^;]+)/.exec(answer.headers.get("Set-GUID") ?? "")?.[1];
  if (guid === undefined) throw new Error(`the gateway refuses the agent: ${retcode}`);
  return guid;
}

const server = createServer(async (request, response) => {
  const answer = (/** @type {number} */ status, /** @type {object} */ body) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(body));
  };
  try {
    const { user = "", password = "" } = await bodyOf(request);
    if (request.method !== "POST" || users[user]?.password !== password) return answer(403, { error: "no such user" });
    if (request.url === "/sign-in") return answer(200, { token: await signIn(user), serviceUrl });
    if (request.url === "/sign-out") {
      await signOut(user);
      return answer(200, {});
    }
    answer(404, { error: "not found" });
  } catch (error) {
    answer(502, { error: isProblem(error) ? error.code : "failed" });
  }
});

/** @param {import("node:http").IncomingMessage} request @returns {Promise<{ user?: string, password?: string }>} */
async function bodyOf(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return text === "" ? {} : JSON.parse(text);
}

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const fields = JSON.stringify({ user: "ann", password: users.ann?.password });
  console.log(`service  ${serviceUrl}`);
  console.log(`portal   http://127.0.0.1:${port}`);
  console.log(`try      curl -d ${JSON.stringify(fields)} http://127.0.0.1:${port}/sign-in`);
});
endAtCtrlC(async () => {
  server.closeAllConnections();
  server.close();
  await close();
});
