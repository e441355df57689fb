import { app } from './app.ts';

export { EventActor } from './actor/event-actor.ts';
export default app;
