/** Rows of the grid in which cards are packed, in px; and the gap between two cards. */
const ROW = 4;

/**
 * Cards in their order, without holes beside a tall one: each takes as many of the grid's thin rows as it is high, and
 * the grid puts the next one where there is room.
 */
export class Packing {
  #observer = new ResizeObserver((entries) => {
    for (const { target } of entries) fit(/** @type {HTMLElement} */ (target));
  });
  /** @type {Set<Element>} */
  #known = new Set();

  /** @param {Element | null} list its items have an `article` each; null: there are no cards now, and none is kept */
  pack(list) {
    const there = new Set(list?.querySelectorAll(":scope > li > article"));
    for (const article of this.#known) if (!there.has(article)) this.#observer.unobserve(article);
    for (const article of there) if (!this.#known.has(article)) this.#observer.observe(article);
    this.#known = there;
  }
}

/** @param {HTMLElement} article */
function fit(article) {
  const item = /** @type {HTMLElement} */ (article.parentElement);
  const gap = Number.parseFloat(getComputedStyle(/** @type {HTMLElement} */ (item.parentElement)).columnGap) || 0;
  const { height } = article.getBoundingClientRect();
  item.style.gridRowEnd = `span ${Math.ceil((height + gap) / ROW)}`;
}
