// Loaded before anything else, and plain JavaScript that every Node reads: an old one cannot read the rest, and would say
// so with a stack that tells nobody what to do.
const NEEDED = 24;

if (Number(process.versions.node.split(".")[0]) < NEEDED) {
  process.stderr.write(
    `conferences-bff needs Node ${NEEDED} or later, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      "`npm ci` without --omit=dev brings one along, which `npm start` finds first; or install a newer Node.\n",
  );
  process.exit(78); // EX_CONFIG of sysexits.h: starting again is of no use
}
