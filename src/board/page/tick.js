// A worker: a browser slows down the timers of a page that is out of sight, to one a minute in the end, but not these.
setInterval(() => postMessage(null), 1_000);
