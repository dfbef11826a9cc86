import { addSearch } from "./search.js";
import { addTrying } from "./trying.js";

// What the page can do only with a script; everything else is in its markup.
addSearch();
addTrying();
addCopying();

// Beside the text there is room for all of the contents.
const wide = matchMedia("(min-width: 60rem)");
const contents = /** @type {HTMLDetailsElement} */ (document.getElementById("contents"));
const unfold = () => {
  contents.open = wide.matches;
};
wide.addEventListener("change", unfold);
unfold();
contents.addEventListener("click", ({ target }) => {
  if (target instanceof Element && target.closest("a") !== null) unfold();
});

function addCopying() {
  if (!isSecureContext) return;
  for (const code of document.querySelectorAll(".samples pre, .recipe pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent ?? "");
      button.textContent = "Copied";
      setTimeout(() => {
        button.textContent = "Copy";
      }, 2_000);
    });
    const frame = document.createElement("div");
    frame.className = "code";
    code.replaceWith(frame);
    frame.append(button, code);
  }
}
