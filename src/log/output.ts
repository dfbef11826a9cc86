import pino, { type DestinationStream } from "pino";

/**
 * Standard output: the lines of one turn of the event loop in one write, the last at the latest when the process exits.
 * Opened when it is asked for, and not by whoever reads this file.
 */
export function standardOutput(): DestinationStream {
  const output = pino.destination(1);
  let lines = "";
  const flush = (): void => {
    const written = lines;
    lines = "";
    if (written !== "") output.write(written);
  };
  process.once("exit", flush);
  return {
    write(line) {
      if (lines === "") setImmediate(flush);
      lines += line;
    },
  };
}

let writtenAt = 0;
let written = "";

/** pino's own, but written once for all the lines of a millisecond. */
export function isoTime(): string {
  const now = Date.now();
  if (now !== writtenAt) {
    writtenAt = now;
    written = `,"time":"${new Date(now).toISOString()}"`;
  }
  return written;
}
