import { parseAnswer } from "./answer.ts";
import type { Fault } from "./fault.ts";
import { isAboutCertificate, TransportFailure } from "./transport/failure.ts";
import type { Transport } from "./transport/port.ts";

/**
 * What is wrong with the set-up of a gateway, for the first line that an operator reads of it.
 * `unreachable`: nobody answers. `certificate`: somebody does whom we must not trust. `not-a-gateway`: somebody does who has
 * nothing of the gateway's behind the path of the URL, a proxy's page for instance.
 */
export interface SetUpFault {
  readonly what: "unreachable" | "certificate" | "not-a-gateway";
  /** The fixed word for it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `HTTP_404`. */
  readonly code: string;
}

/** Any number will do: without a Guid the gateway refuses, whoever asks. */
const PATH = "/onlineagent/101/agentstatus";

/**
 * Looks whether there is a gateway: any JSON with a `retcode` says so, a refusal too, whatever its HTTP status. Asked past
 * the breaker, once, and tells nobody's session anything.
 */
export async function look(transport: Transport, timeoutMs: number): Promise<SetUpFault | null> {
  try {
    const { status, headers, body } = await transport.exchange({
      lane: "single",
      method: "GET",
      path: PATH,
      guid: null,
      cookies: "",
      body: null,
      timeoutMs,
      signal: undefined,
      onHead() {},
    });
    try {
      parseAnswer(body, headers["content-type"]);
      return null;
    } catch (error) {
      return {
        what: "not-a-gateway",
        code: status >= 200 && status <= 299 ? (error as Fault).cause.code : `HTTP_${status}`,
      };
    }
  } catch (error) {
    return error instanceof TransportFailure ? setUpFaultOf(error) : { what: "unreachable", code: "OTHER" };
  }
}

function setUpFaultOf(failure: TransportFailure): SetUpFault {
  const { code } = failure;
  if (isAboutCertificate(failure)) return { what: "certificate", code };
  return { what: failure.kind === "unreached" || failure.kind === "timeout" ? "unreachable" : "not-a-gateway", code };
}
