import { z } from "zod";
import { booleanField, isNothing } from "./answer.ts";
import type { Calls, Credential } from "./call.ts";
import { badResponse } from "./fault.ts";
import type { CallOptions, Renewal, SignedIn, SignInOptions, SignInRequest, SignInState } from "./gateway.ts";
import type { AgentId } from "./identifiers.ts";

/** Documented as text, a number in the reference's own sample (1202). */
const vdnId = z.union([z.int().nonnegative().transform(String), z.string().regex(/^[0-9]{1,10}$/)]);

/** Days, 0 to 180. */
const days = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^[0-9]{1,6}$/)
    .transform(Number),
]);

const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (isNothing(value) ? null : value), schema.nullable());

/** Only compared with what events say: whatever else it may be is none. */
const loginTime = z.union([z.int().nonnegative().transform(String), z.string().regex(/^[0-9]{1,19}$/)]);

const signInResult = z.object({
  vdnid: optional(vdnId),
  loginTime: optional(loginTime).catch(null),
  isForceChange: optional(booleanField),
  timeRemaining: optional(days),
});

/** Pages 1202 and 1203. The Guid comes in the answer's header alone. */
export async function signIn(
  calls: Calls,
  agentId: AgentId,
  request: SignInRequest,
  fields: Readonly<Record<string, string | number | boolean>>,
  options: SignInOptions,
): Promise<SignedIn> {
  const renewed = async (renewal: Renewal): Promise<void> => options.renewed?.(renewal);
  const credential: Credential = { agentId, guid: null, cookies: "", renewed };
  return calls.once(
    {
      operation: "sign-in",
      method: "PUT",
      path: `/onlineagent/${agentId}${options.force ? "/forcelogin" : ""}`,
      body: JSON.stringify(signInBody(request, fields)),
      parse: ({ result }) => signedIn(result, credential),
    },
    credential,
    options,
  );
}

/** The field `status` of the sign-in body. */
const statusOf: Readonly<Record<SignInState, number>> = { busy: 3, idle: 4, "after-call": 5 };

function signInBody({ password, phoneNumber, agentState }: SignInRequest, fields: Readonly<Record<string, unknown>>) {
  const status = agentState && { status: statusOf[agentState] };
  return { ...fields, ...status, password, phonenum: phoneNumber };
}

function signedIn(result: unknown, { guid, cookies }: Credential): SignedIn {
  if (guid === null) throw badResponse("NO_GUID");
  const parsed = signInResult.safeParse(isNothing(result) ? {} : result);
  if (!parsed.success) throw badResponse("SIGN_IN_RESULT");
  const { vdnid, loginTime, timeRemaining, isForceChange } = parsed.data;
  return {
    guid,
    cookies,
    vdnId: vdnid,
    loginTime,
    passwordDaysLeft: timeRemaining,
    mustChangePassword: isForceChange ?? false,
  };
}

/** Pages 1219 and 1220. `logout` leaves an agent in who is talking; `forcelogout` ends the call. */
export async function signOut(
  calls: Calls,
  credential: Credential,
  options: CallOptions & { readonly force: boolean },
): Promise<void> {
  const path = `/onlineagent/${credential.agentId}/${options.force ? "forcelogout" : "logout"}`;
  await calls.once({ operation: "sign-out", method: "DELETE", path, parse: () => undefined }, credential, options);
}
