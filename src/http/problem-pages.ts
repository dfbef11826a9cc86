import { z } from "zod";
import { catalogue, isProblemCode, Problem } from "../problems.ts";
import { sendJson } from "./json-answer.ts";
import { type Operation, operation } from "./operation.ts";

const pageSchema = z
  .object({
    code: z.string(),
    status: z.int(),
    title: z.string(),
    help: z.string().meta({ description: "What it means and what to do" }),
  })
  .meta({ id: "ProblemPage" });

/** Where the `type` of a problem leads to. */
export function problemOperations(): Operation[] {
  return [
    operation({
      method: "get",
      path: "/problems/{code}",
      id: "explainProblem",
      summary: "What a problem means, and what to do",
      access: "anyone",
      params: z.object({ code: z.string() }),
      answers: { 200: { description: "The problem explained", schema: pageSchema } },
      problems: ["not-found"],
      handle({ response, params: { code } }) {
        if (!isProblemCode(code)) throw new Problem("not-found");
        const { status, title, help } = catalogue[code];
        sendJson(response, 200, { code, status, title, help });
      },
    }),
  ];
}
