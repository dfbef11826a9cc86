import { Problem } from "../problems.ts";

/** What fails before a change is sent has done nothing, which its problem says. */
export async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Problem ? error.told("not-done") : error;
  }
}
