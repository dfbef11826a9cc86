import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A fenced block of a page. `language` is all that stands behind the fence. */
interface Fenced {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

interface PageCommand {
  readonly page: string;
  /** On one line, comments and surplus blanks gone. A walk is one command: its blocks are run one after the other. */
  readonly command: string;
}

/** What changed is told in the changelog, not what to type. */
export const pages: readonly string[] = globSync("**/*.md", {
  cwd: root,
  exclude: ["**/node_modules", "CHANGELOG.md"],
});

const commented = [
  ...["docker-compose.yml", "Dockerfile"],
  ...globSync("deploy/**/*.{yaml,yml,conf,cfg,service}", { cwd: root }),
];

/** Every command, and a page that has it. */
export function writtenCommands(): Map<string, string> {
  const found = [...pages.flatMap(commandsOf), ...commented.flatMap(commandsInComments)];
  return new Map(found.map(({ page, command }) => [command, page]));
}

const read = (page: string): string => readFileSync(join(root, page), "utf8");

export function fencedOf(page: string): Fenced[] {
  const fences = read(page).matchAll(/^ *```([^\n]*)\n([\s\S]*?)^ *```$/gm);
  return [...fences].map(([, language = "", text = ""]) => ({ page, language, text }));
}

/** What a reader is told to type: the lines of `sh` blocks, and code in the prose that begins with a program's name. */
function commandsOf(page: string): PageCommand[] {
  const typed = fencedOf(page).flatMap(({ language, text }) => {
    if (language === "sh walk") return [`walk of ${page}`];
    return language === "sh" ? linesOf(text) : [];
  });
  const prose = read(page).replace(/^ *```[\s\S]*?^ *```$/gm, "");
  const named = [...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.split(/\s+/).join(" ").trim());
  const commands = [...typed, ...named.filter((code) => isCommand(code))];
  // The rules of Redis' users are long; their test reads them from the page.
  return commands.map((command) => ({ page, command: command.replace(/^(ACL SETUSER \S+) .*/, "$1") }));
}

/** Commands that a file other than a page tells its reader, in its comments. */
function commandsInComments(file: string): PageCommand[] {
  const comments = read(file).matchAll(/^\s*# ?((?:.*\\\n\s*#)*.*)$/gm);
  const texts = [...comments].map(([, text = ""]) => text.replace(/\\\n\s*#\s*/g, " ").trim());
  return texts.filter((text) => isCommand(text)).map((command) => ({ page: file, command: blanks(command) }));
}

function linesOf(text: string): string[] {
  return text
    .replace(/\\\n\s*/g, " ")
    .split(/\n| && /)
    .map((line) => blanks(line.replace(/(?:^|\s)#\s.*$/, "")))
    .filter((line) => line !== "");
}

const blanks = (text: string): string => text.replace(/\s+/g, " ").trim();

const programs =
  "npm npx node bash sh curl wget docker podman buildah openssl kubectl helm systemctl systemd-analyze journalctl promtool redis-cli apt-get apt git ACL nginx haproxy caddy sqlite3";
const beginning = new RegExp(`^(?:[A-Z_]+=\\S+ )*(?:${programs.split(" ").join("|")}) \\S`);

const isCommand = (code: string): boolean => beginning.test(code) && code !== "npm run";
