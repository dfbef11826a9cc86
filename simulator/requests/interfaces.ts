/**
 * The gateway's interfaces, each under the name that faults and counters use: the last word of its path, where that is
 * no other's. Methods and paths are those of the vendor's pages, whose numbers stand beside them (edition of 2023/24).
 */
const TABLE = [
  ["sign-in", "PUT", "onlineagent/:agent"], // 1202
  ["forcelogin", "PUT", "onlineagent/:agent/forcelogin"], // 1203
  ["loginex", "PUT", "onlineagent/:agent/loginex"], // 1224
  ["logout", "DELETE", "onlineagent/:agent/logout"], // 1219
  ["forcelogout", "DELETE", "onlineagent/:agent/forcelogout"], // 1220
  ["forcelogoutwithreason", "DELETE", "onlineagent/:agent/forcelogoutwithreason/:reason"], // 1221
  ["updateGuid", "PUT", "onlineagent/:agent/updateGuid"], // 1225
  ["handshake", "POST", "onlineagent/:agent/handshake"], // 1204
  ["agentstatus", "GET", "onlineagent/:agent/agentstatus"], // 1222
  ["poll", "GET", "agentevent/:agent"], // 1274
  ["iscensor", "GET", "agentgroup/:agent/iscensor"],
  ["queryvdnconfid", "GET", "agentconf/:agent/queryvdnconfid"], // 1301
  ["queryconfinfos", "POST", "agentconf/:agent/queryconfinfos"], // 1300

  ["requestagentconf", "POST", "agentconf/:agent/requestagentconf"], // 1283
  ["answeragentconf", "POST", "agentconf/:agent/answeragentconf"], // 1284
  ["rejectagentconf", "POST", "agentconf/:agent/rejectagentconf"], // 1285
  ["requestleaveagentconf", "POST", "agentconf/:agent/requestleaveagentconf"], // 1286
  ["releaseagentconf", "POST", "agentconf/:agent/releaseagentconf"], // 1287
  ["holdparticipant", "POST", "agentconf/:agent/holdparticipant"], // 1288
  ["unholdparticipant", "POST", "agentconf/:agent/unholdparticipant"], // 1289
  ["prolongtime", "POST", "agentconf/:agent/prolongtime"], // 1290
  ["applytoshiftpresident", "POST", "agentconf/:agent/applytoshiftpresident"], // 1291
  ["batchaddparticipant", "POST", "agentconf/:agent/batchaddparticipant"], // 1292
  ["batchremoveparticipant", "POST", "agentconf/:agent/batchremoveparticipant"], // 1293
  ["changeparticipantmode", "POST", "agentconf/:agent/changeparticipantmode"], // 1294
  ["playvoicetoconf", "POST", "agentconf/:agent/playvoicetoconf"], // 1295
  ["stopvoicetoconf", "POST", "agentconf/:agent/stopvoicetoconf"], // 1296
  ["playvoicetoparticipant", "POST", "agentconf/:agent/playvoicetoparticipant"], // 1297
  ["stopvoicetoparticipant", "POST", "agentconf/:agent/stopvoicetoparticipant"], // 1298
  ["modifyconfresource", "POST", "agentconf/:agent/modifyconfresource"], // 1299

  ["sayfree", "POST", "onlineagent/:agent/sayfree"], // 1210
  ["saybusy", "POST", "onlineagent/:agent/saybusy"], // 1211
  ["cancelbusy", "POST", "onlineagent/:agent/cancelbusy"], // 1212
  ["rest", "POST", "onlineagent/:agent/rest/:time/:restcause"], // 1213
  ["cancelrest", "POST", "onlineagent/:agent/cancelrest"], // 1214
  ["work", "POST", "onlineagent/:agent/work"], // 1215
  ["cancelwork", "POST", "onlineagent/:agent/cancelwork"], // 1216
  ["autoenteridle", "POST", "onlineagent/:agent/autoenteridle/:flag"], // 1218
  ["resetskill", "POST", "onlineagent/:agent/resetskill/:autoflag"], // 1209

  ["callout", "PUT", "voicecall/:agent/callout"], // 1232
  ["answer", "PUT", "voicecall/:agent/answer"], // 1234
  ["release", "DELETE", "voicecall/:agent/release"], // 1247
  ["hold", "POST", "voicecall/:agent/hold"], // 1239
  ["gethold", "POST", "voicecall/:agent/gethold"], // 1241
  ["connecthold", "POST", "voicecall/:agent/connecthold/:callid"], // 1240
  ["disconnect", "POST", "voicecall/:agent/disconnect/:number"], // 1248
  ["confjoin", "POST", "voicecall/:agent/confjoin"], // 1245

  ["setcalldata", "PUT", "calldata/:agent/setcalldata"],
  ["setcalldataex", "PUT", "calldata/:agent/setcalldataex"], // 1263
  ["appdata", "GET", "calldata/:agent/appdata"], // 1262

  ["addinsert", "PUT", "qualitycontrol/:agent/addinsert/:workNo"], // 2401
  ["addsupervise", "PUT", "qualitycontrol/:agent/addsupervise/:workNo"], // 2402
  ["intercept", "PUT", "qualitycontrol/:agent/intercept/:workNo"], // 2403
  ["stopsupervise", "DELETE", "qualitycontrol/:agent/:workNo"], // 2404
  ["forcebusy", "POST", "qualitycontrol/:agent/forcebusy/:workNo"], // 2405
  ["inspector-forcelogout", "POST", "qualitycontrol/:agent/forcelogout/:workNo"], // 2407
  ["switch", "POST", "qualitycontrol/:agent/switch/:workNo"], // 2410
  ["requestwhisperagent", "POST", "qualitycontrol/:agent/requestwhisperagent"], // 2412
  ["requeststopwhisperagent", "POST", "qualitycontrol/:agent/requeststopwhisperagent"], // 2413
  ["requestswitchinsertwhisperagent", "POST", "qualitycontrol/:agent/requestswitchinsertwhisperagent"], // 2414
] as const;

export type InterfaceName = (typeof TABLE)[number][0];

export const INTERFACES: readonly InterfaceName[] = TABLE.map(([name]) => name);

interface Row {
  readonly name: InterfaceName;
  readonly method: string;
}

/** By number of parts, family, and the word behind the agent's id where there is one. */
const BY_PLACE = new Map<string, Row>();
for (const [name, method, path] of TABLE) {
  const [family = "", , word = "", ...more] = path.split("/");
  BY_PLACE.set(placeOf(family, word, more.length), { name, method });
}

function placeOf(family: string, word: string, more: number): string {
  return `${family}/${word.startsWith(":") ? "*" : word}/${more}`;
}

export interface Route {
  readonly name: InterfaceName;
  readonly agentId: string;
  /** The parts of the path behind the operation's name, decoded. */
  readonly parameters: readonly string[];
  readonly query: URLSearchParams;
}

/**
 * `path` begins behind the resource path and may end in a query. A known path with another method answers its proper
 * method.
 */
export function routeOf(method: string, path: string): Route | { readonly allow: string } | null {
  const mark = path.indexOf("?");
  const [family = "", agentId = "", word = "", ...more] = (mark < 0 ? path : path.slice(0, mark)).split("/");
  // Some interfaces are written with a slash at the end.
  if (more.at(-1) === "") more.pop();
  if (agentId === "" || more.includes("")) return null;
  const named = BY_PLACE.get(placeOf(family, word.startsWith(":") ? "" : word, more.length));
  const row = named ?? (word === "" ? undefined : BY_PLACE.get(placeOf(family, ":", more.length)));
  if (row === undefined) return null;
  if (row.method !== method) return { allow: row.method };
  const parameters = named === undefined ? [word, ...more] : more;
  const query = new URLSearchParams(mark < 0 ? "" : path.slice(mark));
  return { name: row.name, agentId, parameters: parameters.map(decoded), query };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const SIGN_INS: ReadonlySet<InterfaceName> = new Set(["sign-in", "forcelogin", "loginex"]);
export const SIGN_OUTS: ReadonlySet<InterfaceName> = new Set(["logout", "forcelogout", "forcelogoutwithreason"]);

/** What changes nothing, or is asked again by every good client: anything else is sent once. */
const ASKED_AGAIN: ReadonlySet<InterfaceName> = new Set([
  ...SIGN_INS,
  ...SIGN_OUTS,
  "updateGuid",
  "handshake",
  "agentstatus",
  "poll",
  "iscensor",
  "queryvdnconfid",
  "queryconfinfos",
  "appdata",
]);

export function isSentOnce(name: InterfaceName): boolean {
  return !ASKED_AGAIN.has(name);
}
