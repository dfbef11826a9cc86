import type { Request, Response } from "express";
import { z } from "zod";
import { catalogue, isProblemCode, Problem, type ProblemCode, problemCodes } from "../problems.ts";
import type { ShownRetcodes } from "./openapi/problem-answers.ts";
import { type Operation, operation } from "./operation.ts";
import { type ExplainedProblem, problemListPage, problemPage } from "./problem-html.ts";
import { problemSchema, retcode } from "./problem-schema.ts";
import { type StaticFile, sendFile, staticText } from "./static-file.ts";

const code = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: "As in a problem's `code`", examples: ["gateway-timeout"] });

const explainedSchema = z
  .object({
    code: problemSchema.shape.code,
    status: z.int().min(400).max(599).meta({ description: "The HTTP status" }),
    title: z.string().min(1).meta({ description: "What is wrong, in a few words" }),
    help: z.string().min(1).meta({ description: "What it means and what to do" }),
    retcodes: z.array(retcode).meta({ description: "The gateway's codes that lead to it at this site" }),
  })
  .meta({ id: "ProblemPage" });

const listSchema = z.object({ problems: z.array(explainedSchema) }).meta({ id: "ProblemList" });

/** A file each for a program and for a reader. */
interface BothForms {
  readonly json: StaticFile;
  readonly page: StaticFile;
}

/** Where the `type` of a problem leads to, from the tables that make problems. Made for the first who asks. */
export function problemOperations(retcodes: ShownRetcodes): Operation[] {
  let made: Explained | undefined;
  const all = (): Explained => {
    made ??= explainAll(retcodes);
    return made;
  };
  const example = explained("gateway-timeout", new Map());
  return [
    operation({
      method: "get",
      path: "/problems",
      id: "listProblems",
      summary: "Every problem, what it means and what to do",
      access: "anyone",
      answers: {
        200: { description: "The problems", schema: listSchema, example: { problems: [example] }, isPageToo: true },
        304: { description: "The client's `If-None-Match` names this very answer" },
      },
      problems: [],
      handle: ({ request, response }) => sendAsAsked(request, response, all().list),
    }),
    operation({
      method: "get",
      path: "/problems/{code}",
      id: "explainProblem",
      summary: "What a problem means, and what to do",
      access: "anyone",
      params: z.object({ code }),
      answers: {
        200: { description: "The problem explained", schema: explainedSchema, example, isPageToo: true },
        304: { description: "The client's `If-None-Match` names this very answer" },
      },
      problems: ["not-found"],
      handle({ request, response, params }) {
        const forms = isProblemCode(params.code) ? all().each.get(params.code) : undefined;
        if (forms === undefined) throw new Problem("not-found");
        sendAsAsked(request, response, forms);
      },
    }),
  ];
}

interface Explained {
  readonly list: BothForms;
  readonly each: ReadonlyMap<ProblemCode, BothForms>;
}

function explainAll(retcodes: ShownRetcodes): Explained {
  const problems = problemCodes.map((one) => explained(one, retcodes));
  return {
    list: bothForms({ problems }, problemListPage(problems)),
    each: new Map(problems.map((one) => [one.code, bothForms(one, problemPage(one))])),
  };
}

function explained(problem: ProblemCode, retcodes: ShownRetcodes): ExplainedProblem {
  const { status, title, help } = catalogue[problem];
  const its = [...retcodes].filter(([, row]) => row.problem === problem).map(([retcode]) => retcode);
  return { code: problem, status, title, help, retcodes: its.sort() };
}

/** Own style sheet only, nothing else. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

function bothForms(json: unknown, page: string): BothForms {
  return {
    json: staticText(JSON.stringify(json), "application/json; charset=utf-8"),
    page: staticText(page, "text/html; charset=utf-8", PAGE_POLICY),
  };
}

/** JSON unless a page is asked for, as browsers do: a program that takes anything is no reader. */
function sendAsAsked(request: Request, response: Response, { json, page }: BothForms): void {
  response.vary("Accept");
  sendFile(request, response, request.accepts(["json", "html"]) === "html" ? page : json);
}
