import { list } from "../forms/form.ts";
import type { Setting } from "./setting.ts";

const operationNames = list("names of operations, comma separated, or `all`", "name", (part) =>
  /^[A-Za-z0-9][\w-]{0,63}$/.test(part) ? null : "must be the name of an operation",
);

export const operationsSettings = {
  AGENT_OPERATIONS: {
    group: "Agent operations",
    form: operationNames,
    optional: true,
    meaning:
      "Which rows of `config/operations.json` are served at `POST /agent/{operation}`. `all` leaves those of `qualitycontrol` out: each of them is named. Not set: none.",
    example: "saybusy,sayfree",
  },
} as const satisfies Record<string, Setting>;
