import { createClient, isProblem } from "/client/index.js";

const { serviceUrl } = await (await fetch("/config.json")).json();
/** @param {string} id @returns {HTMLElement} */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

// recipe
// The sign-in brings a token, which the client keeps in memory: this page has another origin than the service, so that a
// strict cookie would not come along. The service lists this origin in CORS_ORIGINS.
const client = createClient({ baseUrl: serviceUrl });

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const text = (/** @type {string} */ name) => String(fields.get(name));
  try {
    await client.signIn({ agentId: text("agentId"), password: text("password"), phoneNumber: text("phoneNumber") });
  } catch (error) {
    if (!isProblem(error)) throw error;
    byId("said").textContent = error.message;
    return;
  }
  byId("sign-in").hidden = true;
  client.watch({ details: true }, (update) => {
    if (update.type === "conferences") show(update.conferences);
    if (update.type === "freshness") byId("fresh").textContent = update.state;
    if (update.type === "end") byId("said").textContent = `Ended: ${update.reason ?? update.why}`;
  });
});

/** @param {import("../../client/index.js").Conference[]} conferences */
function show(conferences) {
  const items = conferences.map(({ id, elapsedMinutes, bookedMinutes, participants }) => {
    const item = document.createElement("li");
    item.textContent = `${id}: ${elapsedMinutes} of ${bookedMinutes} min, ${participants.length} participants`;
    return item;
  });
  byId("list").replaceChildren(...items);
}
// end of recipe
