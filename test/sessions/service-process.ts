/**
 * A service in a process of its own, which a test may kill or stop: `node service-process.ts '{"gatewayUrl": …}'`.
 * Prints its URL when it listens; ends by SIGTERM as the real one does.
 */
import { startTestService, type TestServiceOptions } from "../support/service.ts";

const { gatewayUrl, ...options } = JSON.parse(process.argv[2] ?? "{}") as TestServiceOptions & { gatewayUrl: string };
const service = await startTestService(gatewayUrl, options);
process.stdout.write(`${service.url}\n`);
process.on("SIGTERM", () => void service.close().then(() => process.exit(0)));
