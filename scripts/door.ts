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
