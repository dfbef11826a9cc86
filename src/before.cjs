// Loaded before anything else, and plain JavaScript that every Node reads: an old one cannot read the rest, and would say
// so with a stack that tells nobody what to do.
const { enableCompileCache } = require("node:module");

const NEEDED = 24;

if (Number(process.versions.node.split(".")[0]) < NEEDED) {
  process.stderr.write(
    `conferences-bff needs Node ${NEEDED} or later, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      "`npm ci` without --omit=dev brings one along, which `npm start` finds first; or install a newer Node.\n",
  );
  process.exit(78); // EX_CONFIG of sysexits.h: starting again is of no use
}

// Compiled once, not at every start, and the types taken off once: from the first TypeScript on, so that a start need not
// load what takes them off. Beside the dependencies, so that nobody can write it who cannot write the code; where that is
// not possible (an image's read-only layer), Node goes on without it.
enableCompileCache(`${__dirname}/../node_modules/.cache/compiled`);
