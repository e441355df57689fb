import { app } from './app.ts';
import { scheduled } from './scheduled.ts';

export { EventActor } from './actor/event-actor.ts';
export default { fetch: app.fetch, scheduled } satisfies ExportedHandler<Env>;
