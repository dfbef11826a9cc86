import helmet from "helmet";

type HelmetOptions = Parameters<typeof helmet>[0];

/**
 * helmet's headers, worked out once: without functions among its options they are the same for every answer, and
 * evaluating a dozen middlewares for each is a cost without a use.
 */
export function securityHeaders(options: HelmetOptions): Map<string, string> {
  const headers = new Map<string, string>();
  const recorder = {
    setHeader: (name: string, value: string) => void headers.set(name, value),
    removeHeader: (name: string) => void headers.delete(name),
  };
  const refuse = (error?: unknown): void => {
    if (error) throw error;
  };
  helmet(options)({} as never, recorder as never, refuse);
  return headers;
}
