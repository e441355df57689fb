import { app } from './app.ts';

export { EventActor } from './actor/event-actor.ts';
export { LiveHub } from './live/hub.ts';
export default app;
