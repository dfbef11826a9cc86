import {
  type Algorithm,
  asymmetricAlgorithms,
  LEAST_SECRET_BYTES,
  symmetricAlgorithms,
  whyNoSecret,
} from "../../tokens/index.ts";
import { form, list, matching } from "./form.ts";

const algorithms: readonly Algorithm[] = [...symmetricAlgorithms, ...asymmetricAlgorithms];

const claimNameForm = /^[\x21-\x7e]{1,128}$/;
export const claimName = matching("name of a claim, up to 128 visible characters", claimNameForm);
export const claimNames = list("names of claims, comma separated", "name", (part) =>
  claimNameForm.test(part) ? null : "must be the name of a claim, up to 128 visible characters",
);

/** The values by the name of the claim; a name that is given twice has several. */
export const claimValues = form("`name=value`, comma separated", (text) => {
  const values = new Map<string, string[]>();
  const parts = text.split(",").map((part) => part.trim());
  for (const [index, part] of parts.entries()) {
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(part) ?? [];
    if (!claimNameForm.test(name) || !/^[^\p{Cc}]{1,1024}$/u.test(value)) {
      return { wrong: `part ${index + 1} of ${parts.length} must be name=value, with the name of a claim` };
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { value: values };
});

/** A scope token of RFC 6749 section 3.3: a blank would make two words of it, of which no claim could hold the pair. */
export const scopeWord = matching("one scope word, without blanks", /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/);

export const secretList = list(
  `text of ${LEAST_SECRET_BYTES} bytes or more; several comma separated, newest first`,
  "secret",
  whyNoSecret,
);

export const algorithmList = list<Algorithm>(`comma separated: ${algorithms.join(" ")}`, "algorithm", (part) =>
  algorithms.some((name) => name === part) ? null : `must be one of ${algorithms.join(", ")}`,
);
