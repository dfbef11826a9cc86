import { existsSync, readFileSync } from "node:fs";
import type { Recipe } from "./http/openapi.ts";

/** How the typed client calls an operation, by the operation's id; test/client holds each against the client's types. */
export const clientSamples: Readonly<Record<string, string>> = {
  listConferences: "const { conferences } = await client.list({ details: true });",
  getConference: 'const conference = await client.get("355840");',
  streamConferences: `for await (const update of client.watch({ details: true })) {
  if (update.type === "conferences") console.log(update.conferences);
  if (update.type === "freshness") console.log(update.state, update.trouble?.source);
}`,
  signIn: 'await client.signIn({ agentId: "1201", password: "secret-1201", phoneNumber: "40038" });',
  getSession: "const { agentId, inspector, state } = await client.session();",
  signOut: "await client.signOut();",
  streamSessionEvents: `for await (const update of client.events()) {
  if (update.type === "gateway-event") console.log(update.data.type, update.data.content);
}`,
  applyForConference:
    'const mine = await client.conference.apply({ seats: 8, minutes: 60 });\nconsole.log("own" in mine ? mine.own.role : mine.state);',
  getOwnConference: "const { id, own } = await client.conference.get();",
  changeOwnConference: "const granted = await client.conference.change({ addMinutes: 30 });",
  endOwnConference: "await client.conference.end();",
  answerInvitation: `for await (const update of client.events()) {
  if (update.type === "conference-ringing") await client.conference.answer();
}`,
  rejectInvitation: "await client.conference.reject();",
  leaveConference: "await client.conference.leave();",
  inviteParticipants: `await client.conference.invite([
  { kind: "agent", address: "1202" },
  { kind: "phone", address: "70005" },
]);`,
  changeParticipant:
    'const held = await client.conference.changeParticipant({ kind: "agent", address: "1202" }, { held: true });',
  removeParticipant: 'await client.conference.remove({ kind: "phone", address: "70005" });',
  playAnnouncement: 'await client.conference.announce({ file: "y:/conf/120/1136287.V3" });',
  stopAnnouncement: "await client.conference.stopAnnouncement();",
  playParticipantAnnouncement:
    'await client.conference.announce({ file: "y:/conf/120/1136287.V3" }, { to: { kind: "agent", address: "1202" } });',
  stopParticipantAnnouncement: 'await client.conference.stopAnnouncement({ to: { kind: "agent", address: "1202" } });',
  bindSession:
    'await client.sessions.bind("device-1", { agentId: "1201", guid, subject: "user-1", keepAlive: "managed" });',
  listSessions: 'const { sessions, next } = await client.sessions.list({ subject: "user-1" });',
  revokeSession: 'await client.sessions.revoke("device-1");',
  revokeSubject: 'await client.sessions.revokeSubject("user-1");',
  listAgents: "const { agents, next } = await client.agents();",
  listProblems: "const { problems } = await client.problems();",
  explainProblem: 'const { title, help } = await client.explain("agent-busy");',
};

const EXAMPLES = new URL("../examples/", import.meta.url);

const recipes = [
  {
    id: "recipe-page",
    title: "A page on another origin",
    text: "The service lists the page's origin in `CORS_ORIGINS`. The token stays in the page's memory. `npm run example:page` starts it.",
    file: "page/page.js",
  },
  {
    id: "recipe-script",
    title: "A script that follows the conferences",
    text: "A watch comes back by itself after every loss, and says when the list stops being fresh. `npm run example:script` starts it.",
    file: "script/watch.js",
  },
  {
    id: "recipe-portal",
    title: "A portal's backend that binds sessions",
    text: "The portal is the issuer of its users' tokens, signs their agents in at the gateway by itself and binds a session for each. Where there is no issuer to mint the service token, `npm run -s token -- --subject portal --scope sessions:write` prints one that is signed with `TOKEN_SECRET`. `npm run example:portal` starts it.",
    file: "portal/portal.js",
  },
] as const;

/** The heart of each example, as it runs. An installation without the examples has no recipes. */
export function readRecipes(): Recipe[] {
  return recipes.flatMap(({ file, ...about }) => {
    const place = new URL(file, EXAMPLES);
    if (!existsSync(place)) return [];
    const [, code = ""] = /^\/\/ recipe\n([\s\S]*?)^\/\/ end of recipe$/m.exec(readFileSync(place, "utf8")) ?? [];
    return [{ ...about, code: `import { createClient, isProblem } from "conferences-bff-client";\n\n${code.trim()}` }];
  });
}
