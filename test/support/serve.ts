import { parseArgs } from 'node:util';
import { startServer } from '../../scripts/server.ts';

/**
 * A real server in a process of its own, which a test can kill; `child-server.ts` starts it. It tells its parent its
 * address and ends with it.
 */
const { values } = parseArgs({ options: { port: { type: 'string' }, state: { type: 'string' } } });
const { JWT_SECRET = '', PROJECTION_WAIT_MS } = process.env;
const server = await startServer({
  port: Number(values.port ?? 0),
  ...(values.state !== undefined && { state: values.state }),
  vars: { JWT_SECRET, ...(PROJECTION_WAIT_MS !== undefined && { PROJECTION_WAIT_MS }) },
  build: false,
});
process.on('disconnect', () => {
  void server.stop().then(() => process.exit(0));
});
process.send?.({ url: server.url });
