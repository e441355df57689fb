import { createServer } from 'node:net';
import { getSystemErrorMessage } from 'node:util';
import { Failure } from './command-line.ts';

/** Workerd listens on this address only: the local server is for this machine. */
export const HOST = '127.0.0.1';

/**
 * A Worker that does nothing but own the socket that leads to another one. A socket of its own would lead a Worker with
 * assets through Miniflare's stand-in for Cloudflare's router of assets: two more Workers a request, in JavaScript, which
 * cost more than ours does. In production the platform's own router does that.
 * @param port 0: any free one
 */
export function doorTo(worker: string, port: number) {
  const sockets = [{ host: HOST, port, serviceName: worker }];
  return { name: `door-${worker}`, modules: true, script: 'export default {}', unsafeDirectSockets: sockets };
}

/**
 * Sees to it that a server can listen on the port; 0 always can.
 * @param advice what to do where the port is taken
 * @throws Failure when it is, or can't be used at all
 */
export async function assertFree(port: number, advice: string): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `is taken. ${advice}`
          : `cannot be used: ${getSystemErrorMessage(error.errno ?? 0)} (${error.code}).`;
      reject(new Failure(`Port ${port} ${why}`));
    });
    probe.listen(port, HOST, () => probe.close(() => resolve()));
  });
}
