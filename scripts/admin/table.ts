/** Rows under the names of their fields, each column as wide as its widest cell; nothing is cut off. */
export function table(rows: readonly Record<string, unknown>[], columns: readonly string[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Names come from outside: nothing of them moves a terminal's cursor. */
const cell = (value: unknown): string =>
  value === null || value === undefined ? "-" : String(value).replace(/\p{C}/gu, "?");
