import { Fault, FaultCause, type FaultCode } from "../fault.ts";
import { undici } from "./undici.ts";

/**
 * How an HTTP exchange ended without a complete answer.
 * `unreached`: before the head of an answer. `not-http`: something answered, but not in HTTP. `cut-off`: between the head
 * and the end of the body. `too-large`: the body passed the limit. `timeout`: the time for the exchange was over.
 */
type FailureKind = "unreached" | "not-http" | "cut-off" | "too-large" | "timeout";

/** Inside the gateway client only; a {@link Fault} is what leaves it, with this as its cause. */
export class TransportFailure extends FaultCause {
  override readonly name = "TransportFailure";
  readonly kind: FailureKind;
  /** Whether a part of the request may have left: false only where that is sure. */
  readonly sent: boolean;

  constructor(kind: FailureKind, code: string, sent = true) {
    super(code);
    this.kind = kind;
    this.sent = sent;
  }
}

/** What a log may say of an error that is not our own: Node's, OpenSSL's and undici's fixed words. */
const knownWord = /^(?:E[A-Z0-9]{2,30}|(?:ERR|UND_ERR|HPE)_[A-Z0-9_]{2,60})$/;

/** The verdicts on a certificate (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const certificateCodes: ReadonlySet<string> = new Set([
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_CRL",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "CERT_SIGNATURE_FAILURE",
  "CRL_SIGNATURE_FAILURE",
  "CERT_NOT_YET_VALID",
  "CERT_HAS_EXPIRED",
  "CRL_NOT_YET_VALID",
  "CRL_HAS_EXPIRED",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "ERROR_IN_CRL_LAST_UPDATE_FIELD",
  "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
  "OUT_OF_MEM",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE_FIRST",
  "CERT_CHAIN_TOO_LONG",
  "CERT_REVOKED",
  "INVALID_CA",
  "PATH_LENGTH_EXCEEDED",
  "INVALID_PURPOSE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "HOSTNAME_MISMATCH",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_CERT_ALTNAME_FORMAT",
]);

/** What a server says of ours: it wants one, or not this one. */
const certificateAlert = /^ERR_SSL_[A-Z0-9_]*ALERT_[A-Z0-9_]*(?:CERTIFICATE|UNKNOWN_CA)/;

export const isAboutCertificate = ({ code }: FaultCause): boolean =>
  certificateCodes.has(code) || certificateAlert.test(code);

/** The word of an error, of the one behind it, or of the first of several (one for each address that was tried). */
function wordOf(error: unknown): string {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; depth++) {
    const code = "code" in each ? each.code : undefined;
    if (typeof code === "string" && (knownWord.test(code) || certificateCodes.has(code))) return code;
    each = each.cause ?? (each instanceof AggregateError ? each.errors[0] : undefined);
  }
  return "OTHER";
}

/** What Node and undici call a proxy that makes no tunnel: refused, or closed. */
const proxyCodes: ReadonlySet<string> = new Set([
  "ERR_PROXY_TUNNEL",
  "UND_ERR_ABORTED",
  "UND_ERR_PRX_CONN",
  "UND_ERR_PRX_TLS",
]);

/** Something answered that was no HTTP that we know. */
const unreadableCodes: ReadonlySet<string> = new Set([
  "UND_ERR_SOCKET",
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

/**
 * The one table of failures, whatever client met them.
 * @param answered whether the head of an answer had come
 */
export function failureOf(error: unknown, answered: boolean): TransportFailure {
  const code = wordOf(error);
  if (answered) return new TransportFailure("cut-off", "CUT_OFF");
  if (code === "UND_ERR_CONNECT_TIMEOUT") return new TransportFailure("timeout", "TIMEOUT");
  if (proxyCodes.has(code)) return new TransportFailure("unreached", "PROXY_REFUSED");
  const unreadable =
    code.startsWith("HPE_") || unreadableCodes.has(code) || error instanceof undici().errors.HTTPParserError;
  return unreadable ? new TransportFailure("not-http", "NOT_HTTP") : new TransportFailure("unreached", code);
}

/** A keep-alive socket that the gateway had closed already ends so, and a gateway that dies over a request. */
const resetCodes: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** Whether the exchange ended in a reset before any answer, so that a read may be replayed. */
export const isReset = (failure: TransportFailure): boolean =>
  failure.kind === "unreached" && resetCodes.has(failure.code);

/** A `100 Continue`, which undici cannot read past: the other client can. */
export const INTERIM = "HTTP_100";

const faultCodes: Readonly<Record<FailureKind, FaultCode>> = {
  timeout: "gateway-timeout",
  "not-http": "gateway-bad-response",
  "cut-off": "gateway-bad-response",
  "too-large": "gateway-bad-response",
  unreached: "gateway-unreachable",
};

export const faultOf = (failure: TransportFailure): Fault => new Fault(faultCodes[failure.kind], failure);
