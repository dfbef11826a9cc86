import type { Row } from "./row.ts";
import { agents } from "./rows/agents.ts";
import { algorithms } from "./rows/algorithms.ts";
import { capacity } from "./rows/capacity.ts";
import { claims } from "./rows/claims.ts";
import { control } from "./rows/control.ts";
import { fresh } from "./rows/fresh.ts";
import { growth } from "./rows/growth.ts";
import { https } from "./rows/https.ts";
import { instances } from "./rows/instances.ts";
import { latency } from "./rows/latency.ts";
import { listeners } from "./rows/listeners.ts";
import { memory } from "./rows/memory.ts";
import { profile } from "./rows/profile.ts";
import { signIns } from "./rows/sign-ins.ts";
import { start } from "./rows/start.ts";
import { stores } from "./rows/stores.ts";
import { team } from "./rows/team.ts";
import { throughput } from "./rows/throughput.ts";

/** Every row by its name, in the order in which they are measured. */
export const rows: Readonly<Record<string, Row>> = {
  throughput,
  algorithms,
  team,
  fresh,
  latency,
  https,
  memory,
  listeners,
  agents,
  claims,
  control,
  "sign-ins": signIns,
  start,
  stores,
  growth,
  instances,
  capacity,
  profile,
};
