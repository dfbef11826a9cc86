// What the contenders on Express have in common: a bearer token is verified as jsonwebtoken's own page shows it, and
// its session looked up.
import jwt from "jsonwebtoken";
import { algorithms, key, sessions } from "./given.js";

export function authenticate(req, res, next) {
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
