/**
 * A Node script that follows the conferences: one line for each that comes, changes or goes, and one whenever the list
 * stops being fresh.
 */
import { createClient, isProblem } from "../../client/index.js";
import { demoService, endAtCtrlC } from "../demo-service.js";

const { serviceUrl, close } = await demoService({ TOKEN_SECRET: "a-secret-of-this-example-and-of-nothing-else" });
const { AGENT_ID = "1201", PASSWORD = "secret-1201", PHONE_NUMBER = "40038" } = process.env;

// recipe
const client = createClient({ baseUrl: serviceUrl });

try {
  await client.signIn({ agentId: AGENT_ID, password: PASSWORD, phoneNumber: PHONE_NUMBER });
} catch (error) {
  if (!isProblem(error, "agent-already-signed-in")) throw error;
  console.error("Somebody is signed in as this agent. A script should not push anybody out.");
  process.exit(1);
}

const watch = client.watch({ details: true });
endAtCtrlC(async () => {
  watch.close();
  await client.signOut();
  await close();
});

/** @type {Map<string, string>} */
let before = new Map();
for await (const update of watch) {
  switch (update.type) {
    case "conferences": {
      const now = new Map(
        update.conferences.map(({ id, elapsedMinutes, bookedMinutes, participants }) => [
          id,
          `${elapsedMinutes} of ${bookedMinutes} min, ${participants.map(({ address }) => address).join(" ")}`,
        ]),
      );
      for (const [id, text] of now) if (before.get(id) !== text) console.log(`${id}  ${text}`);
      for (const id of before.keys()) if (!now.has(id)) console.log(`${id}  ended`);
      before = now;
      break;
    }
    case "freshness":
      console.log(`-- ${update.state}${update.trouble === null ? "" : `, because of the ${update.trouble.source}`}`);
      break;
    case "end":
      console.log(`-- ended: ${update.reason ?? update.why}`);
  }
}
// end of recipe
