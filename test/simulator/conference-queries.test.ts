import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../simulator/index.ts";
import { parsed, signedIn, simulatorFor } from "./gateway-client.ts";

test("an inspector sees the ids of its own VDN, each with all its digits", async (t) => {
  const simulator = await simulatorFor(t);
  const one = await signedIn(simulator, "1201");
  const two = await signedIn(simulator, "1301");
  assert.equal(
    (await one.ids()).text,
    '{"message":"success","retcode":"0","result":{"confIds":[355840,1029888,9007199254740993]}}',
  );
  assert.equal((await two.ids()).text, '{"message":"success","retcode":"0","result":{"confIds":[1030400]}}');
});

test("the list follows what comes and goes", async (t) => {
  const simulator = await simulatorFor(t, { conferences: [] });
  const client = await signedIn(simulator);
  const ids = async () => (await client.ids()).text.match(/\[.*\]/)?.[0];
  assert.equal(await ids(), "[]");
  simulator.control.startConference({ id: "9223372036854775807" });
  assert.equal(await ids(), "[9223372036854775807]");
  simulator.control.startConference({ id: 512 });
  assert.equal(await ids(), "[9223372036854775807,512]");
  simulator.control.endConference("9223372036854775807");
  assert.equal(await ids(), "[512]");
});

test("who is no inspector is refused, by 101-004 or what the site says", async (t) => {
  const simulator = await simulatorFor(t);
  const client = await signedIn(simulator, "1202");
  assert.equal(parsed(await client.ids()).retcode, "101-004");
  simulator.control.configure({ nonInspectorRetcode: "100-007" });
  assert.equal(parsed(await client.ids()).retcode, "100-007");
});

test("iscensor tells inspectors from others, and some sites do not have it", async (t) => {
  const simulator = await simulatorFor(t);
  for (const [agentId, result] of [
    ["1201", true],
    ["1202", false],
  ] as const) {
    const client = await signedIn(simulator, agentId);
    assert.equal(parsed(await client.call("GET", "agentgroup", "iscensor/")).result, result);
  }
  simulator.control.configure({ iscensor: false });
  const reply = await (await signedIn(simulator, "1204")).call("GET", "agentgroup", "iscensor/");
  assert.equal(reply.status, 404);
  assert.match(String(reply.headers["content-type"]), /^text\/html/);
});

test("details come in the documented form, ended and foreign conferences left out", async (t) => {
  const startTime = Date.now() - 29 * 60_000 - 5000;
  const simulator = await simulatorFor(t, {
    conferences: [
      {
        id: 9007199254740993n,
        startTime,
        participants: [
          { address: "1202", enterTime: startTime },
          { address: "70005", kind: "phone", audio: 1, state: 1, enterTime: startTime + 10_000 },
        ],
      },
      { id: 7, vdnId: 2 },
    ],
  });
  const client = await signedIn(simulator);
  const { text } = await client.infos("[9007199254740993,7,8]");
  assert.match(text, /"confId":9007199254740993,/);
  assert.deepEqual(parsed({ text: text.replace("9007199254740993", "1") }).result, {
    confs: [
      {
        confId: 1,
        confState: 0,
        startTime,
        applyConfTime: 60,
        confHaveBeenTime: 29,
        addresses: [
          {
            addressType: "9",
            address: "1202",
            deviceCallType: 0,
            deviceType: 6,
            channelAttrib: 3,
            channelState: 0,
            role: 1,
            enterTime: startTime,
          },
          {
            addressType: "6",
            address: "70005",
            deviceCallType: 0,
            deviceType: 0,
            channelAttrib: 1,
            channelState: 1,
            role: 0,
            enterTime: startTime + 10_000,
          },
        ],
      },
    ],
  });
});

test("twenty ids are answered, twenty-one and nonsense are not", async (t) => {
  const simulator = await simulatorFor(t, { conferences: [], conferenceCount: 21 });
  const client = await signedIn(simulator);
  const ids = simulator.control.conferences().map(({ id }) => id);
  const twenty = parsed(await client.infos(`[${ids.slice(0, 20)}]`)).result as { confs: unknown[] };
  assert.equal(twenty.confs.length, 20);
  for (const wrong of [`[${ids}]`, "[]", '"355840"', "[1.5]", "[-1]", "[null]", '["x"]', "null"]) {
    assert.equal(parsed(await client.infos(wrong)).retcode, "000-002", wrong);
  }
  assert.equal(parsed(await client.infos(`["${ids[0]}"]`)).retcode, "0");
  const { counts } = simulator.control.violations();
  assert.deepEqual([counts.tooManyIds, counts.textIds], [1, 1]);
});

test("who is no inspector may ask for the conference that it is in, and for no other", async (t) => {
  const simulator = await simulatorFor(t);
  const member = await signedIn(simulator, "1251");
  const { confs } = parsed(await member.infos("[355840,1029888]")).result as { confs: { confId: number }[] };
  assert.deepEqual(
    confs.map(({ confId }) => confId),
    [355840],
  );
  const outsider = await signedIn(simulator, "1202");
  assert.equal(parsed(await outsider.infos("[355840]")).retcode, "101-001");
});

test("no conference can be said in seven ways", async (t) => {
  const simulator = await simulatorFor(t, { conferences: [] });
  const client = await signedIn(simulator);
  const ways: Record<Settings["noConferences"], string> = {
    "empty-list": '{"message":"success","retcode":"0","result":{"confIds":[]}}',
    "no-ids": '{"message":"success","retcode":"0","result":{}}',
    "null-ids": '{"message":"success","retcode":"0","result":{"confIds":null}}',
    "empty-text-ids": '{"message":"success","retcode":"0","result":{"confIds":""}}',
    "no-result": '{"message":"success","retcode":"0"}',
    "null-result": '{"message":"success","retcode":"0","result":null}',
    "empty-text": '{"message":"success","retcode":"0","result":""}',
  };
  for (const [noConferences, text] of Object.entries(ways)) {
    simulator.control.configure({ noConferences });
    assert.equal((await client.ids()).text, text);
  }
});

test("envelopes differ between editions, and each difference can be had", async (t) => {
  const simulator = await simulatorFor(t, { conferences: [{ id: 256 }] });
  const client = await signedIn(simulator);
  const ids = async (changes: Partial<Settings>) => {
    simulator.control.reset();
    client.guid = simulator.control.signIn("1201").guid ?? "";
    simulator.control.configure(changes);
    return (await client.ids()).text;
  };
  assert.equal(
    await ids({ numericRetcode: true, confIdsAs: "text" }),
    '{"message":"success","retcode":0,"result":{"confIds":["256"]}}',
  );
  assert.match(await ids({ successMessage: "empty" }), /^\{"message":"",/);
  assert.match(await ids({ unknownFields: true }), /"costTime":\{/);
  assert.match((await client.infos("[256]")).text, /"confName":""/);

  simulator.control.configure({ confInfosShape: "array", successMessage: "success", confIdsAs: "text" });
  const array = parsed(await client.infos("[256]"));
  assert.equal(array.message, "success");
  assert.equal((array.result as { confId: string }[])[0]?.confId, "256");

  const failures = [];
  for (const failureResult of ["missing", "empty-text", "null", "object"]) {
    simulator.control.configure({ failureResult, unknownFields: false });
    failures.push((await client.ids({ guid: "x" })).text.replace(/^.*"000-003"/, ""));
  }
  assert.deepEqual(failures, ["}", ',"result":""}', ',"result":null}', ',"result":{}}']);
});
