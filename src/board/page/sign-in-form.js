import { byId, show } from "./elements.js";

const FIELDS = ["agentId", "password", "phoneNumber"];

/** The form, what it says about mistakes, and what it says about everything else. */
export class SignInForm {
  #form = byId("sign-in-form");
  #button = this.#form.querySelector("button");
  #problem = byId("sign-in-problem");

  constructor(onSubmit) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#button.disabled) return;
      this.clear();
      const credentials = Object.fromEntries(FIELDS.map((name) => [name, byId(name).value.trim()]));
      credentials.password = byId("password").value;
      const empty = ["agentId", "phoneNumber"].filter((name) => credentials[name] === "");
      if (empty.length > 0) return this.#showMistakes(empty.map((path) => ({ path, message: "is needed" })));
      onSubmit(credentials);
    });
  }

  set busy(busy) {
    this.#button.disabled = busy;
    this.#button.textContent = busy ? "Signing in …" : "Sign in";
    this.#form.setAttribute("aria-busy", String(busy));
  }

  clear() {
    show(this.#problem, null);
    for (const name of FIELDS) {
      byId(`${name}-mistake`).textContent = "";
      byId(name).removeAttribute("aria-invalid");
    }
  }

  forgetPassword() {
    byId("password").value = "";
  }

  focus() {
    byId(byId("agentId").value === "" ? "agentId" : "password").focus();
  }

  /** @param text what to say; the form is taken away when nothing that is typed in could help */
  refuse(text, { final = false } = {}) {
    show(this.#problem, text);
    this.#form.hidden = final;
  }

  fail(failure) {
    const ours = failure.errors.filter(({ path }) => FIELDS.includes(path));
    if (ours.length > 0) return this.#showMistakes(ours);
    this.refuse(failureText(failure));
    this.forgetPassword();
    byId(failure.code === "wrong-credentials" ? "password" : "agentId").focus();
  }

  #showMistakes(mistakes) {
    for (const { path, message } of mistakes) {
      byId(`${path}-mistake`).textContent = `This ${message}.`;
      byId(path).setAttribute("aria-invalid", "true");
    }
    byId(mistakes[0].path).focus();
  }
}

function failureText({ title, detail, retcode }) {
  const more = detail && detail !== `${title}.` ? ` ${detail}` : "";
  return `${title}.${more}${retcode === undefined ? "" : ` (gateway code ${retcode})`}`;
}
