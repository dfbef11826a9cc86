export const byId = (id) => document.getElementById(id);

/** A line of text, or nothing at all when it is null. */
export function show(element, text) {
  element.textContent = text ?? "";
  element.hidden = text === null;
}

/** Text in which `code` is marked as the service's texts do. */
export function showMarked(element, text) {
  const parts = text.split("`").map((part, place) => {
    if (place % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
  element.replaceChildren(...parts);
}

/** Asks in a dialog. The harmless answer has the focus; Escape gives it as well. */
export function ask(title, text, yes) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  byId("ask-no").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
