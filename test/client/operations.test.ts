import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, createClient } from "../../client/index.js";
import { servedDocument, type } from "../../scripts/client-types.ts";
import type { DocumentedOperation, OpenApi } from "../http/openapi-document.ts";
import { json, type StubService, startStubService } from "./stub-service.ts";
import { typecheck } from "./typecheck.ts";

type Schema = Readonly<Record<string, unknown>>;

/** How the client calls an operation: its method, and calls that use every parameter there is. */
interface Called {
  readonly method: string;
  readonly calls: (it: Client) => readonly Promise<unknown>[];
  /** A call of which an overload tells more than the document can. */
  readonly tellsMore?: true;
  /** A field of the body that is an argument of its own. */
  readonly argument?: string;
}

const agent = { kind: "agent", address: "1202" } as const;
const file = { file: "y:/conf/120/1136287.V3" };
const called = (method: string, calls: Called["calls"]): Called => ({ method: `Client${method}`, calls });

const CALLED: Readonly<Record<string, Called>> = {
  listConferences: { ...called('["list"]', (it) => [it.list({ details: true })]), tellsMore: true },
  getConference: called('["get"]', (it) => [it.get("1")]),
  signIn: called('["signIn"]', (it) => [it.signIn({ agentId: "1201", password: "", phoneNumber: "1" })]),
  getSession: called('["session"]', (it) => [it.session()]),
  signOut: called('["signOut"]', (it) => [it.signOut({ force: true })]),
  applyForConference: called('["conference"]["apply"]', (it) => [it.conference.apply({ seats: 8 })]),
  getOwnConference: called('["conference"]["get"]', (it) => [it.conference.get()]),
  changeOwnConference: called('["conference"]["change"]', (it) => [it.conference.change({ addSeats: 2 })]),
  endOwnConference: called('["conference"]["end"]', (it) => [it.conference.end()]),
  answerInvitation: called('["conference"]["answer"]', (it) => [it.conference.answer()]),
  rejectInvitation: called('["conference"]["reject"]', (it) => [it.conference.reject()]),
  leaveConference: called('["conference"]["leave"]', (it) => [it.conference.leave()]),
  inviteParticipants: {
    ...called('["conference"]["invite"]', (it) => [it.conference.invite([agent])]),
    argument: "participants",
  },
  changeParticipant: called('["conference"]["changeParticipant"]', (it) => [
    it.conference.changeParticipant(agent, { held: false }),
  ]),
  removeParticipant: called('["conference"]["remove"]', (it) => [it.conference.remove(agent)]),
  playAnnouncement: called('["conference"]["announce"]', (it) => [it.conference.announce(file)]),
  stopAnnouncement: called('["conference"]["stopAnnouncement"]', (it) => [it.conference.stopAnnouncement()]),
  playParticipantAnnouncement: called('["conference"]["announce"]', (it) => [
    it.conference.announce(file, { to: agent }),
  ]),
  stopParticipantAnnouncement: called('["conference"]["stopAnnouncement"]', (it) => [
    it.conference.stopAnnouncement({ to: agent }),
  ]),
  bindSession: called('["sessions"]["bind"]', (it) => [it.sessions.bind("d", { agentId: "1201", guid: "g" })]),
  listSessions: called('["sessions"]["list"]', (it) => [
    it.sessions.list({ issuer: "own", subject: "u", agentId: "1201", after: "x" }),
  ]),
  revokeSession: called('["sessions"]["revoke"]', (it) => [it.sessions.revoke("d")]),
  revokeSubject: called('["sessions"]["revokeSubject"]', (it) => [it.sessions.revokeSubject("u", { issuer: "own" })]),
  listAgents: called('["agents"]', (it) => [it.agents({ after: "x" })]),
  listProblems: called('["problems"]', (it) => [it.problems()]),
  explainProblem: called('["explain"]', (it) => [it.explain("agent-busy")]),
};

/** By a line of their own, whose events the client's types have by name. */
const STREAMED = ["streamConferences", "streamSessionEvents"];
/** For machinery and for people. */
const NOT_CALLED = ["livez", "readyz", "metrics", "board", "openApiDocument", "documentPage"];

let service: StubService;
let operations: readonly (DocumentedOperation & { readonly verb: string; readonly path: string })[];
let document: OpenApi;
before(async () => {
  service = await startStubService(json({}));
  document = (await servedDocument({ AGENT_OPERATIONS: "all" })) as OpenApi;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => ({ ...operation, verb: verb.toUpperCase(), path })),
  );
});
after(() => service.close());

/** An operation of the agent is called by its word. */
const wordOf = (path: string) => /^\/agent\/(\w+)$/.exec(path)?.[1];
const calledBy = ({ operationId, path }: { operationId: string; path: string }): Called | undefined => {
  const word = wordOf(path);
  return word === undefined ? CALLED[operationId] : called('["agent"]', (it) => [it.agent(word, { field: 1 })]);
};

test("each operation of the document has a call of the client, and no call is left of one that has gone", () => {
  const known = [...Object.keys(CALLED), ...STREAMED, ...NOT_CALLED];
  const documented = operations.filter(({ path }) => wordOf(path) === undefined).map(({ operationId }) => operationId);
  assert.deepEqual(documented.toSorted(), known.toSorted());
});

test("each call asks for its operation, with every parameter that this has", async () => {
  const it = createClient({ baseUrl: service.url, token: "t" });
  for (const operation of operations) {
    const { operationId: id, verb, path, parameters = [], requestBody } = operation;
    const how = calledBy(operation);
    if (how === undefined) continue;
    const seen = service.requests.length;
    await Promise.all(how.calls(it));
    const sent = service.requests.slice(seen);
    const template = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    const names = new Set<string>();
    for (const request of sent) {
      const { pathname, searchParams } = new URL(request.path, service.url);
      assert.equal(request.method, verb, id);
      assert.match(pathname, template, id);
      if (requestBody?.required) assert.notEqual(request.body, undefined, id);
      if (requestBody === undefined) assert.equal(request.body, undefined, id);
      for (const name of searchParams.keys()) names.add(name);
    }
    const documented = parameters.flatMap((one) => (one.in === "query" ? [one.name] : []));
    assert.deepEqual([...names].toSorted(), documented.toSorted(), id);
  }
});

test("each call answers what the document says, and takes every field of its body", () => {
  const named = Object.entries(document.components.schemas as Readonly<Record<string, Schema>>);
  const lines = operations.flatMap((operation) => {
    const { operationId: id, responses, requestBody } = operation;
    const how = calledBy(operation);
    if (how === undefined) return [];
    const good = Object.entries(responses).filter(([status]) => status.startsWith("2"));
    const answers = good.map(([, { content = {} }]) => {
      const schema = content["application/json"]?.schema;
      return schema === undefined ? "void" : type(schema as Schema, "");
    });
    const answer = [...new Set(answers)].join(" | ");
    const body = requestBody?.content["application/json"]?.schema;
    return [
      `export const ${id}Answer: Within<Awaited<ReturnType<${how.method}>>, ${answer}> = true;`,
      ...(how.tellsMore
        ? []
        : [`export const ${id}Told: Within<${answer}, Awaited<ReturnType<${how.method}>>> = true;`]),
      ...(!requestBody?.required || how.method === 'Client["agent"]'
        ? []
        : [
            `export const ${id}Body: Within<Keys<${type(body as Schema, "")}>, Keys<Parameters<${how.method}>[number]> | ${JSON.stringify(how.argument ?? "")}> = true;`,
          ]),
    ];
  });
  const head = [
    'import type { Client } from "conferences-bff-client";',
    ...named.map(([name, schema]) => `type ${name} = ${type(schema, "")};`),
    "type Within<One, Other> = [One] extends [Other] ? true : false;",
    "type Keys<One> = One extends readonly (infer Item)[] ? never : One extends object ? keyof One : never;",
  ];
  assert.ok(lines.length > 50, String(lines.length));
  const text = [...head, ...lines].flatMap((line) => line.split("\n"));
  const wrong = typecheck(`${text.join("\n")}\n`).replaceAll(/^\S+\((\d+),.*$/gm, (_, line) => text[line - 1] ?? "");
  assert.equal(wrong, "");
});
