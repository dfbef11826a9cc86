import {
  answerJson,
  answerSuccess,
  type RawAnswer,
  type RawGateway,
  type RawRequest,
  startRawGateway,
} from "./raw-gateway.ts";

export const operations = ["sign-in", "sign-out", "poll", "ids", "details", "inspector"] as const;

export type ScriptedOperation = (typeof operations)[number];

export interface ScriptedGateway {
  readonly url: string;
  readonly requests: readonly RawRequest[];
  /** From the next request on; what is left out is answered as before. */
  script(answers: Partial<Record<ScriptedOperation, RawAnswer>>): void;
  /** Back to the manners it began with. */
  reset(): void;
  close(): Promise<void>;
}

interface ScriptedGatewayOptions {
  readonly guid?: string;
  readonly cookies?: readonly string[];
}

/** A poll without an event is held so long, in ms: enough not to be a busy loop, short enough for a quick test. */
const HOLD_MS = 100;

/** Which operation a request is, by the paths of the reference (1202, 1203, 1219, 1220, 1274, 1300, 1301). */
function operationOf({ method, path }: Pick<RawRequest, "method" | "path">): ScriptedOperation {
  if (path.includes("/agentevent/")) return "poll";
  if (path.endsWith("/queryvdnconfid")) return "ids";
  if (path.endsWith("/queryconfinfos")) return "details";
  if (path.includes("/iscensor")) return "inspector";
  return method === "DELETE" ? "sign-out" : "sign-in";
}

/** A gateway that does its work until a test says what each operation is answered with: any bytes at all. */
export async function startScriptedGateway(options: ScriptedGatewayOptions = {}): Promise<ScriptedGateway> {
  const { guid = "11111111-2222-4333-8444-555555555555.AgentGateway0", cookies = [] } = options;
  const manners: Record<ScriptedOperation, RawAnswer> = {
    "sign-in": answerJson(
      {
        message: "",
        retcode: "0",
        result: { vdnid: 1, workno: "1201", mediatype: "TTF", isForceChange: "false", timeRemaining: "9" },
      },
      { "Set-GUID": `JSESSIONID=${guid}`, ...(cookies.length === 0 ? {} : { "Set-Cookie": [...cookies] }) },
    ),
    "sign-out": answerSuccess,
    poll: (response, request) => void setTimeout(() => answerSuccess(response, request), HOLD_MS),
    ids: answerJson({ message: "", retcode: "0", result: { confIds: [355840, 356096] } }),
    details: (response, request) => {
      const { confIds } = JSON.parse(request.body) as { confIds: number[] };
      const confs = confIds.map((confId) => ({
        confId,
        confState: 0,
        startTime: 1_790_000_000_000,
        applyConfTime: 60,
        confHaveBeenTime: 29,
        addresses: [],
      }));
      answerJson({ message: "", retcode: "0", result: { confs } })(response, request);
    },
    inspector: answerJson({ message: "", retcode: "0", result: true }),
  };
  let current = manners;
  const gateway: RawGateway = await startRawGateway((response, request) =>
    current[operationOf(request)](response, request),
  );
  return {
    url: gateway.url,
    requests: gateway.requests,
    script(answers) {
      current = { ...current, ...answers };
    },
    reset() {
      current = manners;
    },
    close: () => gateway.close(),
  };
}
