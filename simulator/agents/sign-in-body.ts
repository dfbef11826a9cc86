import { parseExactly } from "../exact-json.ts";

interface SignInBody {
  readonly password: string;
  /** 3 busy, 4 idle, 5 after-call work. */
  readonly status: number;
  readonly push: boolean;
  readonly autoEnterIdle: boolean;
  /** `listenStatus`: an inspector who wants to hear of sign-ins and sign-outs. */
  readonly listens: boolean;
}

const FLAGS = [
  "autoanswer",
  "autoenteridle",
  "releasephone",
  "phonelinkage",
  "checkInWebm",
  "checkInMailm",
  "listenStatus",
];

/**
 * The sign-in body of page 1202, whose own example sends numbers and booleans as text. Returns the retcode of the
 * first mistake, `null` when the text is no JSON at all. `loginex` (1224) needs neither phone nor password.
 */
export function readSignInBody(text: string, platformOnly: boolean): SignInBody | string | null {
  let body: unknown;
  try {
    body = parseExactly(text);
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "100-001";
  const fields = body as Readonly<Record<string, unknown>>;
  const { phonenum, callBackUri, serviceToken } = fields;
  const password = fields.password ?? (platformOnly ? "" : undefined);
  if (typeof password !== "string" || password.length > 32) return "100-001";
  if (phonenum === undefined || phonenum === "" ? !platformOnly : false) return "100-001";
  if (phonenum !== undefined && phonenum !== "" && !isPhone(phonenum)) return "100-013";
  const agentType = whole(fields.agenttype, 4);
  if (agentType === null) return "100-011";
  if (agentType !== 4 && agentType !== 11) return "100-012";
  const status = whole(fields.status, 4);
  if (status === null || status < 3 || status > 5) return "100-011";
  if (!isAddress(fields.ip)) return "100-016";
  if (FLAGS.some((name) => !isFlag(fields[name]))) return "100-011";
  if (!isText(callBackUri, 200) || !isText(serviceToken, 50)) return "100-001";
  return {
    password,
    status,
    push: Boolean(callBackUri) && Boolean(serviceToken),
    autoEnterIdle: isOn(fields.autoenteridle, true),
    listens: isOn(fields.listenStatus, false),
  };
}

function isPhone(value: unknown): boolean {
  return (typeof value === "string" || typeof value === "number") && /^\+?[0-9*#]{1,24}$/.test(String(value));
}

function whole(value: unknown, standard: number): number | null {
  if (value === undefined) return standard;
  if (typeof value === "number") return Number.isInteger(value) ? value : null;
  return typeof value === "string" && /^[0-9]{1,4}$/.test(value) ? Number(value) : null;
}

function isFlag(value: unknown): boolean {
  return value === undefined || typeof value === "boolean" || value === "true" || value === "false";
}

function isOn(value: unknown, standard: boolean): boolean {
  return value === undefined ? standard : String(value) === "true";
}

function isText(value: unknown, longest: number): boolean {
  return value === undefined || (typeof value === "string" && value.length <= longest);
}

/** At most 15 characters: the field knows no IPv6. */
function isAddress(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && /^(?:\d{1,3}\.){3}\d{1,3}$/.test(value));
}
