import type { AgentOperationField, AgentOperationRow } from "../../src/operations/row.ts";
import { table } from "./table.ts";

const families: Readonly<Record<string, string>> = {
  onlineagent: "State",
  voicecall: "Calls",
  calldata: "Call data",
  qualitycontrol: "Inspection",
};

const noteOf: Readonly<Record<string, string>> = {
  qualitycontrol:
    "For inspectors, about others. `all` leaves these out: each is named in `AGENT_OPERATIONS`. An agent id that is the session's own is refused.",
};

/** docs/agent-operations.md, made from the rows. */
export function agentOperationsPage(rows: ReadonlyMap<string, AgentOperationRow>): string {
  const sections = Object.entries(families).map(([family, title]) => {
    const its = [...rows].filter(([, row]) => row.family === family);
    const note = noteOf[family];
    return [`## ${title}`, ...(note === undefined ? [] : [note]), ...its.map(([name, row]) => section(name, row))];
  });
  return `# What an agent may ask of the gateway beside its conferences

<!-- Made by \`npm run docs\` from config/operations.json. Do not edit by hand. -->

A frontend that never touches the gateway needs the rest of it too: busy, idle, rest, dial, hold, inspect. Each row of
\`config/operations.json\` can be served as \`POST /agent/{operation}\`; none is until \`AGENT_OPERATIONS\` names it.

With \`npm run simulator\` and \`AGENT_OPERATIONS=all GATEWAY_URL=http://127.0.0.1:8043/agentgateway/resource npm start\`, each in a terminal
of its own, an agent signs in, dials, looks at the call, hangs up and signs out:

\`\`\`sh walk
api=http://127.0.0.1:3000
token=$(curl -sS "$api/session" -H 'Content-Type: application/json' \\
  -d '{"agentId":"1202","password":"secret-1202","phoneNumber":"40038","agentState":"idle"}' |
  sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
ask() { curl -sS -X POST "$api/agent/$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$2"; echo; }
ask callout '{"called":"70005"}'
sleep 2
ask agentstatus '{}'
ask release '{}'
curl -sS -X DELETE "$api/session" -H "Authorization: Bearer $token" -o /dev/null -w '%{http_code}\\n'
\`\`\`

\`\`\`text
{"result":"1456402370-7"}
{"result":{"agentState":7,"isWorking":true}}
{"result":{}}
204
\`\`\`

- The body is a JSON object of the row's fields; where none is needed it may be left out. A field that the row does not know
  is 400 by its path. The agent and its Guid are the session's, never the client's to say.
- \`200 {"result": …}\` is the gateway's own result, its long ids as text; \`null\` where it gave none. It means that the gateway
  has taken the request: what became of it comes as \`gateway-event\` on \`GET /session/events\`.
- A retcode is a [problem](problems.md). What changes something is sent once, whatever happens on the way: the problem's
  \`outcome\` says \`not-done\`, or \`unknown\` where it may have been carried out. What only reads may be asked twice.
- The requests count for the session's limit. Each change is a line of the audit trail with the fields marked 📝; what is
  marked 🔒 is in no line of any log, and no other field is either.

${sections.flat().join("\n\n")}

## A site's own rows

\`config/operations.site.json\`, which no update touches, adds rows and changes members of those above. Everything is checked
at the start, and each mistake is named.

\`\`\`json
{
  "agentbyworkno": {
    "family": "agentgroup",
    "method": "GET",
    "path": "agentbyworkno/{workno}",
    "read": true,
    "fields": {
      "workno": { "in": "path", "type": "agent", "required": true, "meaning": "The agent asked about" }
    },
    "page": "0415",
    "meaning": "Another agent of the VDN"
  }
}
\`\`\`

- The path is \`/{family}/{agentid}/{path}\`: the agent's id is put in by the service. \`page\` and \`meaning\` are for people.
- A field is \`in\` the \`path\`, the \`query\` or the \`body\`. Types: \`integer\` (\`minimum\`, \`maximum\`, and \`also\` for values beside the
  range), \`string\` (\`minLength\`, \`maxLength\` in bytes, \`pattern\`), \`agent\` (another agent's id), \`boolean\`. \`required\`, \`sensitive\`
  and \`audited\` are false unless said.
- \`read\`: it changes nothing, so it may be asked twice and leaves no line in the audit trail.
- Forbidden in any row: signing the own agent in or out, \`updateGuid\`, \`syncagentinfo\`, \`handshake\`, \`heartbeat\` and \`agentevent\`.
  They would end what the service keeps alive, or take its events.
`;
}

function section(name: string, row: AgentOperationRow): string {
  const { family, method, path, page, meaning, read, fields } = row;
  const place = `\`${method} /${family}/{agentid}/${path}\`${page === "–" ? "" : `, page ${page}`}`;
  const rows = Object.entries(fields).map(([field, its]) => [
    `\`${field}\`${its.required ? "" : " ?"}${marksOf(its)}`,
    its.in,
    formOf(its),
    its.meaning,
  ]);
  return [
    `### \`${name}\``,
    `${meaning}. ${place}.${read ? " It only reads." : ""}`,
    ...(rows.length === 0 ? [] : [table(["Field", "In", "Accepts", "Meaning"], rows)]),
  ].join("\n\n");
}

const marksOf = (field: AgentOperationField): string =>
  `${field.audited ? " 📝" : ""}${field.type === "string" && field.sensitive ? " 🔒" : ""}`;

function formOf(field: AgentOperationField): string {
  switch (field.type) {
    case "boolean":
      return "true, false";
    case "agent":
      return "agent id, as text";
    case "integer":
      return `integer, ${field.minimum} to ${field.maximum}${field.also.map((value) => `, or ${value}`).join("")}`;
    case "string":
      return `text, ${field.minLength} to ${field.maxLength} bytes${field.pattern === undefined ? "" : `, \`${field.pattern}\``}`;
  }
}
