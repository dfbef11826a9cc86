/** Looks for words in operations, recipes and schemas, and shows those that have all of them. */
export function addSearch() {
  const input = /** @type {HTMLInputElement} */ (document.getElementById("search"));
  const found = /** @type {HTMLElement} */ (document.getElementById("found"));
  const articles = [...document.querySelectorAll("main article")].map((article) => ({
    article: /** @type {HTMLElement} */ (article),
    text: (article.textContent ?? "").toLowerCase(),
    links: /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`nav a[href="#${article.id}"]`)),
  }));
  const sections = [...document.querySelectorAll("main section")].map((one) => /** @type {HTMLElement} */ (one));
  /** @type {HTMLElement} */ (document.getElementById("finding")).hidden = false;
  input.addEventListener("input", look);
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.matches("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    input.focus();
  });
  // An address that leads to something which the search has hidden shows it.
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.checkVisibility() !== false) return;
    input.value = "";
    look();
    target.scrollIntoView();
  });

  function look() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { article, text, links } of articles) {
      const fits = words.every((word) => text.includes(word));
      article.hidden = !fits;
      for (const link of links) /** @type {HTMLElement} */ (link.parentElement).hidden = !fits;
      if (fits) count += 1;
    }
    for (const section of sections) {
      const its = [...section.querySelectorAll("article")];
      section.hidden = words.length > 0 && !its.some(({ hidden }) => !hidden);
    }
    found.textContent = words.length === 0 ? "" : `${count} found`;
  }
}
