// express + helmet + jsonwebtoken + got, as most would write it.
import express from "express";
import got from "got";
import helmet from "helmet";
import { authenticate } from "./express-session.js";
import { announce, gateway } from "./given.js";

const app = express();
app.use(helmet());

app.get("/conferences", authenticate, async (req, res) => {
  const { agentId, guid } = req.session;
  try {
    const answer = await got(`${gateway}/agentconf/${agentId}/queryvdnconfid`, {
      headers: { guid, "content-type": "application/json; charset=UTF-8" },
      timeout: { request: 5000 },
    }).json();
    if (answer.retcode !== "0") return res.status(502).json({ error: "refused by the gateway" });
    const ids = answer.result?.confIds ?? [];
    res.json({ conferences: ids.map((id) => ({ id: String(id) })) });
  } catch {
    res.status(502).json({ error: "gateway unreachable" });
  }
});

const server = app.listen(0, "127.0.0.1", () => announce(server));
