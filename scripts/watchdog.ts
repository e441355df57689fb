import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { basename } from 'node:path';

/**
 * Makes every workerd that this process starts from now on end with it, even when it is killed with -9: workerd does not
 * notice by itself and would go on serving the port.
 * @returns a function that stops looking for new ones
 */
export function watchWorkerd(): () => void {
  const onSpawn = (message: unknown) => {
    const child = (message as { process: ChildProcess }).process;
    child.once('spawn', () => {
      if (/^workerd(?:\.exe)?$/.test(basename(child.spawnfile))) endWithUs(child, 'KILL');
    });
  };
  subscribe('child_process', onSpawn);
  return () => unsubscribe('child_process', onSpawn);
}

/**
 * Sends the signal to a running child when this process ends before it, even by -9. A shell waits on a pipe that the
 * kernel closes when we are gone.
 */
export function endWithUs(child: ChildProcess, signal: 'KILL' | 'TERM'): void {
  // Its own session: Ctrl-C in the terminal must not end the watcher before the watched.
  const watcher = spawn('sh', ['-c', `read -r line; kill -${signal} "$0"`, String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell there is no watcher; everything else works.
  watcher.on('error', () => {});
  child.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void } | null)?.unref();
}
