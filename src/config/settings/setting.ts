import type * as z from "zod";

/** One variable that an operator may set. */
export interface Setting {
  readonly group: string;
  /** What it means and what to think of when setting it. */
  readonly meaning: string;
  /** From text to value; its description says what is accepted. */
  readonly form: z.ZodType<unknown, string>;
  /** A secret may also be given as `NAME_FILE`. */
  readonly secret?: true;
  /** Another spelling that other programs take too; it wins. */
  readonly alias?: string;
  /** Neither has a default nor has to be set. */
  readonly optional?: true;
  /** For `.env.example`, where there is no default. */
  readonly example?: string;
}
