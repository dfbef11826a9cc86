// The job inside nginx. HS256 by njs's own crypto module; RS256 and ES256 need its WebCrypto.
// biome-ignore lint/style/useNodejsImportProtocol: njs knows its module by this name only
import hash from "crypto";

const webCrypto = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};

async function signedBy(parts) {
  const signed = `${parts[0]}.${parts[1]}`;
  if (given.algorithm === "HS256") {
    return hash.createHmac("sha256", given.key).update(signed).digest("base64url") === parts[2];
  }
  const algorithm = webCrypto[given.algorithm];
  const der = Buffer.from(given.key, "base64");
  const key = await crypto.subtle.importKey("spki", der, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, Buffer.from(parts[2], "base64url"), Buffer.from(signed));
}

function refuse(r, status, error) {
  r.headersOut["Content-Type"] = "application/json";
  r.return(status, JSON.stringify({ error: error }));
}

async function list(r) {
  const parts = (r.headersIn.Authorization || "").slice(7).split(".");
  let claims;
  try {
    const header = JSON.parse(Buffer.from(parts[0], "base64url").toString());
    if (parts.length !== 3 || header.alg !== given.algorithm || !(await signedBy(parts))) throw new Error("signature");
    claims = JSON.parse(Buffer.from(parts[1], "base64url").toString());
    if (!(claims.exp > Date.now() / 1000)) throw new Error("expired");
  } catch (_error) {
    return refuse(r, 401, "invalid token");
  }
  const session = sessions[claims.sid];
  if (session === undefined || session.subject !== claims.sub) return refuse(r, 401, "no session");
  r.variables.agent_id = session.agentId;
  r.variables.guid = session.guid;
  const reply = await r.subrequest("/gateway");
  if (reply.status !== 200) return refuse(r, 502, "gateway unreachable");
  const answer = JSON.parse(reply.responseText);
  if (answer.retcode !== "0") return refuse(r, 502, "refused by the gateway");
  const ids = answer.result ? answer.result.confIds : [];
  r.headersOut["Content-Type"] = "application/json";
  r.return(200, JSON.stringify({ conferences: ids.map((id) => ({ id: String(id) })) }));
}

export default { list };
