import { DurableObject } from 'cloudflare:workers';

/** Owns one event. */
export class EventActor extends DurableObject<Env> {}
