import { catalogue, type ProblemCode } from "../problems.ts";

const REALM = 'Bearer realm="conferences-bff"';

const errors: Partial<Record<ProblemCode, string>> = {
  "token-invalid": "invalid_token",
  "token-expired": "invalid_token",
  "insufficient-scope": "insufficient_scope",
};

/**
 * The `WWW-Authenticate` value of an answer (RFC 6750 section 3). A request without a token gets no error code, as
 * section 3.1 asks, and neither does one whose token is good while the session or the gateway is not content.
 */
export function challenge(code: ProblemCode): string {
  const error = errors[code];
  return error === undefined ? REALM : `${REALM}, error="${error}", error_description="${catalogue[code].title}"`;
}
