import { isProblem } from "./client/index.js";
import { byId, show } from "./page-elements.js";

/**
 * @import { SignIn } from "./client/index.js"
 * @import { ProblemError } from "./client/problem.js"
 */

const FIELDS = /** @type {const} */ (["agentId", "password", "phoneNumber"]);

/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (byId(name));

/** The form, what it says about mistakes, and what it says about everything else. */
export class SignInForm {
  #form = /** @type {HTMLFormElement} */ (byId("sign-in-form"));
  #button = /** @type {HTMLButtonElement} */ (this.#form.querySelector("button"));
  #problem = byId("sign-in-problem");
  #busy = false;

  /** @param {(credentials: SignIn) => void} onSubmit */
  constructor(onSubmit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#busy) return;
      this.clear();
      const credentials = {
        agentId: field("agentId").value.trim(),
        password: field("password").value,
        phoneNumber: field("phoneNumber").value.trim(),
      };
      const empty = /** @type {const} */ (["agentId", "phoneNumber"]).filter((name) => credentials[name] === "");
      if (empty.length > 0) return this.#showMistakes(empty.map((path) => ({ path, message: "is needed" })));
      onSubmit(credentials);
    });
  }

  /** The button keeps the focus meanwhile, which a disabled one would lose. */
  set busy(/** @type {boolean} */ busy) {
    this.#busy = busy;
    this.#button.setAttribute("aria-disabled", String(busy));
    this.#button.textContent = busy ? "Signing in …" : "Sign in";
    this.#form.setAttribute("aria-busy", String(busy));
  }

  clear() {
    show(this.#problem, null);
    for (const name of FIELDS) {
      byId(`${name}-mistake`).textContent = "";
      field(name).removeAttribute("aria-invalid");
    }
  }

  forgetPassword() {
    field("password").value = "";
  }

  focus() {
    field(field("agentId").value === "" ? "agentId" : "password").focus();
  }

  /**
   * @param {string} text what to say
   * @param {{ final?: boolean }} [options] the form is taken away when nothing that is typed in could help
   */
  refuse(text, { final = false } = {}) {
    show(this.#problem, text);
    this.#form.hidden = final;
  }

  /** No failure of anybody: there is only nothing to fill in here. @param {string} where @param {string} why */
  leadElsewhere(where, why) {
    byId("sign-in-heading").textContent = "Sign in elsewhere";
    this.#problem.classList.remove("bad");
    this.refuse(where, { final: true });
    show(byId("sign-in-hint"), why);
  }

  /** @param {ProblemError} problem */
  fail(problem) {
    const ours = problem.errors.filter(({ path }) => /** @type {readonly string[]} */ (FIELDS).includes(path));
    if (ours.length > 0) return this.#showMistakes(ours);
    this.refuse(words(problem));
    this.forgetPassword();
    field(isProblem(problem, "wrong-credentials") ? "password" : "agentId").focus();
  }

  /** @param {{ path: string, message: string }[]} mistakes */
  #showMistakes(mistakes) {
    for (const { path, message } of mistakes) {
      byId(`${path}-mistake`).textContent = `This ${message}.`;
      field(path).setAttribute("aria-invalid", "true");
    }
    field(mistakes[0]?.path ?? "agentId").focus();
  }
}

/** @param {ProblemError} problem */
function words({ title, detail, retcode }) {
  const more = detail !== "" && detail !== `${title}.` ? ` ${detail}` : "";
  return `${title}.${more}${retcode === null ? "" : ` (gateway code ${retcode})`}`;
}
