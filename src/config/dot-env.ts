/** What `.env` says, name by name; a line that cannot be read is told by its number. */
interface DotEnv {
  readonly values: Readonly<Record<string, string>>;
  /** Sentences. They name settings, and quote nothing. */
  readonly wrong: readonly string[];
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)[^\S\n]*=[^\S\n]*/;
const closed: Readonly<Record<string, RegExp>> = {
  '"': /^"([^"]*)"/,
  "'": /^'([^']*)'/,
  "`": /^`([^`]*)`/,
};

/**
 * What every reader of such a file takes for the same without quotes. Some, that of `docker run` for one, leave quotes in:
 * where nothing asks for them, whether they are meant is not guessed.
 */
const needless = /^[\w.,:/@%+=~-]*$/;

/**
 * `NAME=value` a line, as other programs read it: blank lines and those that begin with `#` say nothing, `export` in front
 * does not matter, quotes round a value that needs them are syntax and may hold line breaks, `\n` in double ones is a line
 * break, ` #` behind a value begins a comment.
 *
 * Node's own `parseEnv` makes something of every line: after `A= ` it takes the next line for A's value, it cuts a value at
 * a `#` within, and a line without `=` is passed over. A variable that is lost so may be the one that keeps somebody out.
 *
 * @param isSetting whether a name may be said: what stands before a `=` may be the rest of a secret that was broken in two
 */
export function parseDotEnv(text: string, isSetting: (name: string) => boolean): DotEnv {
  const values: Record<string, string> = {};
  const wrong: string[] = [];
  let rest = text.replace(/\r\n?/g, "\n");
  let line = 1;
  const take = (taken: string): void => {
    rest = rest.slice(taken.length);
    line += taken.split("\n").length - 1;
  };
  while (rest !== "") {
    const [first = ""] = /^[^\n]*\n?/.exec(rest) ?? [];
    const [head, name] = /^\s*(?:#|$)/.test(first) ? [] : (assignment.exec(first) ?? []);
    if (head === undefined || name === undefined) {
      if (first.trim() !== "" && !/^\s*#/.test(first)) wrong.push(`line ${line} is not NAME=value`);
      take(first);
      continue;
    }
    const at = line;
    take(head);
    const value = quoted(rest) ?? unquoted(rest);
    take(value.taken);
    if (value.wrong === null) values[name] = value.text;
    else wrong.push(`line ${at}: ${isSetting(name) ? name : "a variable that is no setting"} ${value.wrong}`);
  }
  return { values, wrong };
}

interface Value {
  /** With the line break. */
  readonly taken: string;
  readonly text: string;
  readonly wrong: string | null;
}

function quoted(rest: string): Value | null {
  const form = closed[rest[0] ?? ""];
  if (form === undefined) return null;
  const [whole, inside] = form.exec(rest) ?? [];
  const [line = ""] = /^[^\n]*\n?/.exec(rest) ?? [];
  if (whole === undefined || inside === undefined)
    return { taken: line, text: "", wrong: "has a quote that is not closed" };
  const [behind = ""] = /^[^\n]*\n?/.exec(rest.slice(whole.length)) ?? [];
  const text = rest.startsWith('"') ? inside.replaceAll("\\n", "\n") : inside;
  const isClosed = /^[^\S\n]*(?:#.*)?\n?$/.test(behind);
  const wrong = needless.test(text) ? "stands in quotes that it does not need: take them out" : null;
  return { taken: whole + behind, text, wrong: isClosed ? wrong : "has something behind its quotes" };
}

function unquoted(rest: string): Value {
  const [taken = ""] = /^[^\n]*\n?/.exec(rest) ?? [];
  const line = taken.replace(/\n$/, "");
  const uncommented = line.replace(/(?:^|[^\S\n])#.*/, "");
  // Blanks before a comment are its own; others are taken off where that can be told.
  const text = uncommented === line ? line : uncommented.trim();
  // To some readers it begins a comment even there, and a secret would be shorter than it looks.
  return { taken, text, wrong: text.includes("#") ? "has a # within: put the value in quotes" : null };
}
