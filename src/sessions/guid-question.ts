import { type Caller, type Gateway, Refusal, type Renewal } from "../gateway/index.ts";
import { Problem } from "../problems.ts";
import { endsSession } from "./verdict.ts";

/** Only an inspector may query the conferences of a VDN: whoever is told so at that query has been recognized. */
const NOT_AN_INSPECTOR = "101-004";

/**
 * Asks the gateway whether it takes a Guid that came from elsewhere: for the agent's status, or where a site does not have
 * that, for the conferences. Answers with the credential as it is afterwards, since the answer may bring a newer Guid.
 *
 * @param deadline a reading of the monotonic clock
 * @throws `guid-refused`, with the gateway's retcode where it gave one; whatever else went wrong as the problem that it is
 */
export async function askAboutGuid(
  gateway: Gateway,
  credential: Omit<Caller, "renewed">,
  deadline: number,
): Promise<Renewal> {
  let newest: Renewal = { guid: credential.guid, cookies: credential.cookies };
  const caller: Caller = {
    ...credential,
    renewed: async (renewal) => {
      newest = renewal;
    },
  };
  try {
    const status = await gateway.agentStatus(caller, { deadline });
    if (status?.state === "signed-out") throw new Problem("guid-refused");
    if (status === null) await gateway.conferenceIds(caller, { deadline }).catch(recognized);
  } catch (error) {
    if (error instanceof Refusal && endsSession(error)) throw new Problem("guid-refused", { retcode: error.retcode });
    throw error;
  }
  return newest;
}

function recognized(error: unknown): void {
  if (!(error instanceof Refusal) || error.retcode !== NOT_AN_INSPECTOR) throw error;
}
