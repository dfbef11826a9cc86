/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/** A line of text, or nothing at all when it is null. @param {HTMLElement} element @param {string | null} text */
export function show(element, text) {
  element.textContent = text ?? "";
  element.hidden = text === null;
}

/**
 * Asks in a dialog. The harmless answer has the focus, Escape gives it as well, and afterwards the focus is where it was.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export function ask(title, text, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("ask"));
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-yes").textContent = yes;
  dialog.returnValue = "no";
  openDialog(dialog);
  byId("ask-no").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** @param {HTMLDialogElement} dialog */
export function openDialog(dialog) {
  const before = document.activeElement;
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    },
    { once: true },
  );
}
