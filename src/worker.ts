import { app } from './app.ts';
import { scheduled } from './scheduled.ts';

export { EventActor } from './actor/event-actor.ts';
export { LiveHub } from './live/hub.ts';
export default { fetch: app.fetch, scheduled } satisfies ExportedHandler<Env>;
