import { Fault } from "./refusal.ts";

const charsetPattern = /;\s*charset\s*=\s*"?([^\s;"]+)"?/i;

/** The body as text in the charset that the answer names: UTF-8, on old gateways also GBK. */
export function answerText(body: Buffer, contentType: string | undefined): string {
  const charset = (charsetPattern.exec(contentType ?? "")?.[1] ?? "utf-8").toLowerCase();
  if (charset === "utf-8" || charset === "utf8") return withoutByteOrderMark(body.toString("utf8"));
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset);
  } catch {
    throw new Fault("gateway-bad-response", { cause: "UNKNOWN_CHARSET" });
  }
  return decoder.decode(body);
}

const withoutByteOrderMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
