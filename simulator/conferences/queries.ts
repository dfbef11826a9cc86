import type { Agent } from "../agents/agent.ts";
import { parseExactly } from "../exact-json.ts";
import type { Gateway } from "../gateway.ts";
import { type Answer, failure, htmlPage, success } from "../requests/answers.ts";
import type { Call } from "../requests/call.ts";
import type { Settings } from "../settings.ts";
import { elapsedMinutes } from "./clocks.ts";
import type { Conference, Participant } from "./conference.ts";

const MOST_IDS = 20;

/** How "no conference" may look; the vendor's page does not say. */
const NO_CONFERENCES: Readonly<Record<Settings["noConferences"], string | undefined>> = {
  "empty-list": '{"confIds":[]}',
  "no-ids": "{}",
  "null-ids": '{"confIds":null}',
  "empty-text-ids": '{"confIds":""}',
  "no-result": undefined,
  "null-result": "null",
  "empty-text": '""',
};

/** `GET /agentconf/{agentid}/queryvdnconfid` (1301): for inspectors alone, and for their own VDN alone. */
export function queryVdnConfId({ settings, idLists }: Gateway, agent: Agent): Answer {
  if (!agent.account.inspector) return failure(settings, settings.nonInspectorRetcode);
  const ids = idLists.text(agent.account.vdnId);
  const result = ids === "" ? NO_CONFERENCES[settings.noConferences] : `{"confIds":[${ids}]}`;
  return success(settings, { message: "success", result });
}

/** `POST /agentconf/{agentid}/queryconfinfos` (1300): other agents may ask for the one conference that they are in. */
export function queryConfInfos(gateway: Gateway, call: Call, agent: Agent): Answer {
  const { settings, ledger, conferences } = gateway;
  let body: unknown;
  try {
    body = parseExactly(call.body);
  } catch {
    ledger.record("invalidBody", call.route.agentId, call.route.name);
    return htmlPage(400, "Bad Request");
  }
  const ids = readIds(body);
  if (ids === null) return failure(settings, "000-002");
  if (ids.asText) ledger.record("textIds", call.route.agentId, call.route.name);
  if (ids.list.length > MOST_IDS) {
    ledger.record("tooManyIds", call.route.agentId, `${ids.list.length}`);
    return failure(settings, "000-002");
  }
  const own = agent.account.inspector ? undefined : conferences.ofAgent(agent.account.agentId);
  if (!agent.account.inspector && own === undefined) return failure(settings, "101-001");
  const found = [...new Set(ids.list)]
    .map((id) => conferences.get(id))
    .filter((one) => one !== undefined && one.vdnId === agent.account.vdnId && (own === undefined || one === own));
  const list = `[${found.map((one) => confText(one as Conference, settings)).join(",")}]`;
  return success(settings, { message: "", result: settings.confInfosShape === "array" ? list : `{"confs":${list}}` });
}

function readIds(body: unknown): { readonly list: bigint[]; readonly asText: boolean } | null {
  const given = typeof body === "object" && body !== null && "confIds" in body ? body.confIds : undefined;
  if (!Array.isArray(given) || given.length === 0) return null;
  const list: bigint[] = [];
  for (const id of given as unknown[]) {
    const text = typeof id === "string" || typeof id === "number" || typeof id === "bigint" ? String(id) : "";
    if (!/^\d{1,19}$/.test(text)) return null;
    list.push(BigInt(text));
  }
  return { list, asText: given.some((id) => typeof id === "string") };
}

function confText(conference: Conference, settings: Settings): string {
  const quote = settings.confIdsAs === "text" ? '"' : "";
  const extra = settings.unknownFields ? ',"confName":"","recordFlag":0' : "";
  return (
    `{"confId":${quote}${conference.id}${quote},"confState":${conference.state},"startTime":${conference.startTime},` +
    `"applyConfTime":${conference.bookedMinutes},"confHaveBeenTime":${elapsedMinutes(conference, settings)},` +
    `"addresses":[${conference.participants.map(addressText).join(",")}]${extra}}`
  );
}

function addressText(one: Participant): string {
  return JSON.stringify({
    addressType: one.kind === "agent" ? "9" : "6",
    address: one.address,
    deviceCallType: one.deviceCallType,
    deviceType: one.deviceType,
    channelAttrib: one.audio,
    channelState: one.state,
    role: one.chair ? 1 : 0,
    enterTime: one.enterTime,
  });
}
