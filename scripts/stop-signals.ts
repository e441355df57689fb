const ORPHAN_CHECK_MS = 300;

/**
 * Calls `stop` once, on the usual signals, and when the shell that npm put between itself and us dies without passing
 * one on.
 */
export function whenAskedToStop(stop: () => void): void {
  let asked = false;
  const stopOnce = () => {
    if (!asked) stop();
    asked = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Miniflare's own listener would exit at once, with an error code, before it has stopped.
    process.removeAllListeners(signal).on(signal, stopOnce);
  }
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => process.ppid !== parent && stopOnce(), ORPHAN_CHECK_MS).unref();
  }
}
