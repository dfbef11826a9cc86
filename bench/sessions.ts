import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SigningKey } from "./tokens.ts";
import { tokenOf } from "./tokens.ts";

export interface BenchSession {
  readonly sessionId: string;
  readonly subject: string;
  readonly agentId: string;
  readonly guid: string;
}

/** So many sessions, each of an agent of its own unless `agentId` names one for all. */
export function someSessions(count: number, agentId?: string): BenchSession[] {
  return Array.from({ length: count }, (_, index) => ({
    sessionId: `session-${index}-0123456789abcdef`,
    subject: `user-${index}`,
    agentId: agentId ?? String(1_000 + index),
    guid: `guid-${agentId ?? 1_000 + index}-0.AgentGateway0`,
  }));
}

/** As a contender reads them: an object by session id. */
export function writeSessions(directory: string, sessions: readonly BenchSession[]): string {
  const file = join(directory, "sessions.json");
  writeFileSync(file, JSON.stringify(Object.fromEntries(sessions.map(({ sessionId, ...rest }) => [sessionId, rest]))));
  return file;
}

/** One token a line, as the load reads them. */
export function writeTokens(directory: string, key: SigningKey, sessions: readonly BenchSession[]): string {
  const file = join(directory, `tokens-${key.algorithm}-${sessions.length}-${process.hrtime.bigint()}.txt`);
  writeFileSync(file, `${sessions.map((session) => tokenFor(key, session)).join("\n")}\n`);
  return file;
}

export const tokenFor = (key: SigningKey, { sessionId, subject }: BenchSession): string =>
  tokenOf(key, { sid: sessionId, sub: subject });

/**
 * Binds them at the service as a trusted backend does: some agents at a time, and the sessions of one agent after each
 * other, since the service binds an agent once at a time.
 */
export async function bindSessions(
  url: string,
  key: SigningKey,
  sessions: readonly BenchSession[],
  keepAlive: "managed" | "external",
): Promise<void> {
  const authorization = `Bearer ${tokenOf(key, { sub: "bench", scope: "sessions:write" })}`;
  const byAgent = Map.groupBy(sessions, ({ agentId }) => agentId);
  await each([...byAgent.values()], async (ofOne) => {
    for (const { sessionId, subject, agentId, guid } of ofOne) {
      await expectOk(`${url}/sessions/${sessionId}`, {
        method: "PUT",
        headers: { authorization, "content-type": "application/json" },
        body: JSON.stringify({ agentId, guid, subject, keepAlive }),
      });
    }
  });
}

/** Signs their agents in, each by its own token: only such sessions may share a VDN's answer. */
export async function signInSessions(url: string, key: SigningKey, sessions: readonly BenchSession[]): Promise<void> {
  const signIn = async (session: BenchSession): Promise<void> => {
    await expectOk(`${url}/session`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokenFor(key, session)}`, "content-type": "application/json" },
      body: JSON.stringify({ agentId: session.agentId, password: "", phoneNumber: "40038" }),
    });
  };
  await each(sessions, signIn);
}

/** So many share what is written to the disk. */
export const AT_ONCE = 32;

/** So many of them at once. */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  const rest = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

/** @throws when the answer is none of 2xx, or another than `status` */
export async function expectOk(url: string, request: RequestInit, status?: number): Promise<void> {
  const response = await fetch(url, request);
  const text = await response.text();
  if (!response.ok || (status !== undefined && response.status !== status))
    throw new Error(`${request.method} ${new URL(url).pathname}: ${response.status} ${text}`);
}
