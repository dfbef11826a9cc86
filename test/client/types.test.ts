import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { clientTypes, emittedTypes, servedDocument } from "../../scripts/client-types.ts";
import { clientSamples } from "../../src/api-samples.ts";
import { typecheck, typecheckIn } from "./typecheck.ts";

const root = join(import.meta.dirname, "../..");
const client = join(root, "client");

test("the client's types are those of the OpenAPI document, the events' payloads too (npm run docs)", async () => {
  assert.equal(readFileSync(join(client, "api.d.ts"), "utf8"), clientTypes(await servedDocument()));
});

test("the declarations that the package brings are those of its JavaScript (npm run docs)", () => {
  const emitted = emittedTypes();
  assert.deepEqual(readdirSync(join(client, "types")).toSorted(), [...emitted.keys()].toSorted());
  for (const [name, text] of emitted) assert.equal(readFileSync(join(client, "types", name), "utf8"), text, name);
});

test("the client has no dependency, and imports nothing but its own files", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(client, "package.json"), "utf8"));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
  for (const name of readdirSync(client).filter((one) => /\.js$/.test(one))) {
    const text = readFileSync(join(client, name), "utf8");
    for (const [, from] of text.matchAll(/(?:from|import\() ?"([^"]+)"/g)) {
      assert.match(String(from), /^\.\/[\w-]+\.(js|d\.ts)$/, name);
    }
  }
});

test("the package that npm would publish works by its name", () => {
  const folder = mkdtempSync(join(tmpdir(), "client-package-"));
  try {
    execFileSync("npm", ["pack", "--pack-destination", folder, client], { cwd: folder, stdio: "pipe" });
    const [archive = ""] = readdirSync(folder);
    const installed = join(folder, "node_modules/conferences-bff-client");
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["xzf", archive, "-C", installed, "--strip-components=1"], { cwd: folder });
    writeFileSync(
      join(folder, "app.mjs"),
      'import { createClient } from "conferences-bff-client";\ncreateClient({ baseUrl: "http://127.0.0.1:9" });\n',
    );
    execFileSync(process.execPath, ["app.mjs"], { cwd: folder });
    assert.equal(typecheckIn(folder, 'import { createClient } from "conferences-bff-client";\ncreateClient();\n'), "");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an editor knows what each answer, update and problem has, and what it has not", () => {
  assert.equal(typecheck(USER), "");
});

test("the code beside each operation on the page is code that compiles", () => {
  const head =
    'import { createClient } from "conferences-bff-client";\nconst client = createClient();\nconst guid = "x";\n';
  const blocks = Object.values(clientSamples).map((source) => `{\n${source}\n}\n`);
  assert.equal(typecheck(`${head}${blocks.join("")}console.log(guid);\n`), "");
});

const USER = `
import { createClient, isProblem, type ProblemError, type WatchUpdate } from "conferences-bff-client";

const client = createClient({ baseUrl: "https://portal.example/bff", token: async (refused) => refused ?? "x" });

const full = await client.list({ details: true });
const minutes: number | undefined = full.conferences[0]?.bookedMinutes;
const short = await client.list();
// @ts-expect-error ids alone
short.conferences[0]?.bookedMinutes;
// @ts-expect-error the ids are text
const id: number | undefined = short.conferences[0]?.id;

try {
  await client.signIn({ agentId: "1201", password: "x", phoneNumber: "1" });
  // @ts-expect-error a phone number is needed
  await client.signIn({ agentId: "1201", password: "x" });
} catch (error) {
  if (isProblem(error, "wrong-credentials", "account-locked")) {
    const code: "wrong-credentials" | "account-locked" = error.code;
    const title: string = error.title;
    console.log(code, title);
  }
  // @ts-expect-error there is no such code
  isProblem(error, "wrong-password");
  if (isProblem(error)) {
    const whole: ProblemError = error;
    switch (whole.code) {
      case "invalid-request":
        console.log(whole.errors.map(({ path, message }) => path + message));
    }
  }
}

for await (const update of client.watch({ details: true })) {
  switch (update.type) {
    case "conferences":
      console.log(update.conferences[0]?.participants[0]?.address);
      break;
    case "freshness":
      console.log(update.state === "stale", update.ageMs, update.trouble?.source === "gateway");
      break;
    case "trouble":
      console.log(update.source, update.problem?.retcode);
      break;
    case "end":
      console.log(update.why === "replaced", update.reason);
      break;
    // @ts-expect-error there is no such update
    case "error":
  }
}
const show = (update: WatchUpdate) => update.type;
const watch = client.watch({ details: true }, show);
watch.close();

for await (const update of client.events()) {
  if (update.type === "state" && update.data.state === "ended") console.log(update.data.reason);
  if (update.type === "gateway-event") console.log(update.data.at, update.id);
}

const own = await client.conference.apply({ seats: 8 });
console.log("own" in own ? own.own.role : own.state);
const present = await client.conference.get();
if (present.own.state === "invited") await client.conference.answer();
if (present.own.state === "joined") console.log(present.own.role);
const { participants } = await client.conference.invite([{ kind: "agent", address: "1202" }]);
const state: "connected" | "held" | "announcement" | undefined = participants[0]?.state;
console.log(state);
console.log(minutes, id);
`;
