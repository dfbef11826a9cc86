import type { DescribedOperation } from "./described.ts";

/** A line for a shell in which `URL` and `TOKEN` are set. */
export function curlSample(path: string, method: string, operation: DescribedOperation): string {
  const { security, parameters = [], requestBody, responses } = operation;
  const streams = Object.values(responses).some(({ content = {} }) => "text/event-stream" in content);
  const tokenless = security.length === 0 || security.some((way) => Object.keys(way).length === 0);
  const [media] = Object.values(requestBody?.content ?? {});
  const options = [
    ...(streams ? ["-N"] : []),
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    ...(tokenless ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(media?.example === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(media.example).replaceAll("'", "'\\''")}'`]),
  ];
  const example = parameters.find(({ in: place, required }) => place === "query" && required)?.name;
  const query = example === undefined ? "" : `?${example}=user-1`;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PATH_EXAMPLES[name] ?? name);
  return ["curl", ...options, `"$URL${filled}${query}"`].join(" \\\n  ");
}

const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  id: "355840",
  sessionId: "device-1",
  code: "gateway-timeout",
  kind: "agent",
  address: "1202",
  operation: "saybusy",
};
