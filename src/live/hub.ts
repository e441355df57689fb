import { DurableObject } from 'cloudflare:workers';
import { ActorUnavailable, watch } from '../actor/client.ts';
import { maySeeEvent } from '../domain/access.ts';
import { type EventId, type Heard, type Instant, LIMITS, type Principal, type Showing } from '../domain/model.ts';
import { CLOSE, toMessage, type Watcher } from './message.ts';

/** How many may watch one event. */
const WATCHERS_MAX = 10_000;
/** Three broadcasts a second: with the first state, nobody gets more than four messages in any second. */
const PAUSE_MIN_MS = 334;
/** Broadcasts become rarer where many watch, so that they keep the hub busy for a small part of its time only … */
const PAUSE_PER_WATCHER_MS = 1;
/** … but never rarer than this. */
const PAUSE_MAX_MS = 2_000;
/** A subscription at the actor counts as over a little earlier than it is, and is renewed well before. */
const SUBSCRIBED_MS = LIMITS.subscriptionMs - 5_000;
const RENEW_MS = LIMITS.subscriptionMs - 30_000;
const RENEW_AFTER_FAILURE_MS = 5_000;

/** What the hub keeps while it sleeps, and only as long as somebody watches. */
interface Kept {
  readonly eventId: EventId;
  /** The last broadcast. */
  readonly seq: number;
  readonly at: Instant;
}

/**
 * Passes an event's availability on to all who watch it, so that they cost the event's actor nothing: it subscribes
 * there once for all of them. It sleeps between messages while their sockets stay open; it keeps no timer but the alarm
 * that renews its subscription, and what it forgets asleep it asks anew.
 */
export class LiveHub extends DurableObject<Env> {
  /** The newest state that this instance heard of. */
  #showing: Showing | null = null;
  #subscribedUntil: Instant = 0;
  /** The question that all who come meanwhile share. */
  #asking: Promise<Showing | null> | null = null;
  /** Questions to the actor that are on their way, for somebody who wants to watch. */
  #asks = 0;
  #kept: Kept | null = this.ctx.storage.kv.get<Kept>('kept') ?? null;
  #watchers = this.ctx.getWebSockets().length;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Answered without waking the hub.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
  }

  /** Lets a watcher in. Only the Worker calls this, and says in a header for whom. */
  override async fetch(request: Request): Promise<Response> {
    const { eventId, principal, afterSeq } = JSON.parse(request.headers.get('x-watcher') ?? '') as Watcher;
    try {
      const showing = await this.#showingTo(eventId, principal);
      if (showing === null) return refusal('event_not_found');
      return this.#watchers < WATCHERS_MAX ? this.#admit(showing, afterSeq) : refusal('overloaded');
    } catch (error) {
      if (error instanceof ActorUnavailable) return refusal('overloaded');
      throw error;
    }
  }

  /** The event's state for one who wants to watch it, or null if it doesn't exist for them. */
  async #showingTo(eventId: EventId, principal: Principal | null): Promise<Showing | null> {
    const known = Date.now() < this.#subscribedUntil ? this.#showing : null;
    if (known !== null && maySeeEvent(known.audience, principal)) return known;
    this.#asking ??= this.#ask(eventId, { principal: null }).finally(() => {
      this.#asking = null;
    });
    // What everybody may see, the principal may, too.
    const seenByAll = await this.#asking;
    return seenByAll !== null || principal === null ? seenByAll : this.#ask(eventId, { principal });
  }

  /** Subscribes at the actor, and answers the state as of now. */
  async #ask(eventId: EventId, first: { readonly principal: Principal | null } | null): Promise<Showing | null> {
    const askedAt = Date.now();
    this.#asks += 1;
    try {
      const read = await watch(this.env, eventId, first);
      if (!read.ok) return null;
      this.#subscribedUntil = askedAt + SUBSCRIBED_MS;
      return this.#learn(read.value);
    } finally {
      this.#asks -= 1;
    }
  }

  /** The newer of what it knew and what it hears: calls may overtake each other. */
  #learn(heard: Showing): Showing {
    const known = this.#showing;
    this.#showing = known !== null && known.availability.seq > heard.availability.seq ? known : heard;
    return this.#showing;
  }

  #admit({ availability }: Showing, afterSeq: number | null): Response {
    const { eventId, seq } = availability;
    if (this.#kept === null) {
      this.#keep({ eventId, seq: 0, at: 0 });
      void this.ctx.storage.setAlarm(Date.now() + RENEW_MS);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment(seq);
    if (afterSeq !== seq) server.send(toMessage(availability));
    this.#watchers += 1;
    return new Response(null, { status: 101, webSocket: client });
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    this.ctx.storage.kv.put('kept', kept);
  }

  /** Takes news from the actor and passes them on; null: nobody is there to hear them. */
  show(showing: Showing): Heard {
    return this.#broadcast(this.#learn(showing));
  }

  #broadcast({ availability, audience }: Showing): Heard {
    const sockets = this.ctx.getWebSockets();
    this.#watchers = sockets.length;
    if (sockets.length === 0 || this.#kept === null) return this.#nobody();
    if (audience.deletedAt !== null) return closeAll(sockets);
    const { seq } = availability;
    const now = Date.now();
    const pauseMs = pauseOf(sockets.length);
    const early = Math.min(this.#kept.at + pauseMs - now, pauseMs);
    if (seq <= this.#kept.seq) return { passedOn: true, pauseMs };
    if (early > 0) return { passedOn: false, pauseMs: early };
    this.#keep({ ...this.#kept, seq, at: now });
    const message = toMessage(availability);
    for (const socket of sockets) {
      // Who came a moment ago may have it already.
      if ((socket.deserializeAttachment() as number) < seq) send(socket, message);
    }
    return { passedOn: true, pauseMs };
  }

  /** Ends the subscription, of which the actor hears by null; not while somebody is about to come who relies on it. */
  #nobody(): Heard {
    if (this.#asks > 0) return { passedOn: false, pauseMs: PAUSE_MIN_MS };
    this.#subscribedUntil = 0;
    return null;
  }

  /** Renews the subscription while anybody watches, and hears of what an actor that broke could not tell. */
  override async alarm(): Promise<void> {
    if (this.#kept === null || this.ctx.getWebSockets().length === 0) return this.#forget();
    await this.ctx.storage.setAlarm(Date.now() + (await this.#renew(this.#kept.eventId)));
  }

  /** Answers when to renew again; never throws, since an alarm that does is dropped after a few tries. */
  async #renew(eventId: EventId): Promise<number> {
    try {
      const showing = await this.#ask(eventId, null);
      const heard = showing === null ? closeAll(this.ctx.getWebSockets()) : this.#broadcast(showing);
      return heard === null || heard.passedOn ? RENEW_MS : heard.pauseMs;
    } catch (error) {
      console.warn(JSON.stringify({ warning: 'a live hub cannot renew', event_id: eventId, error: `${error}` }));
      return RENEW_AFTER_FAILURE_MS;
    }
  }

  /** Leaves nothing behind. */
  async #forget(): Promise<void> {
    this.#kept = null;
    this.#showing = null;
    this.#subscribedUntil = 0;
    await this.ctx.storage.deleteAll();
  }

  /** Watchers have nothing to say but `ping`, which never comes here. */
  override webSocketMessage(socket: WebSocket): void {
    socket.close(CLOSE.unsupported, 'only "ping" is understood');
  }

  /** Answers a watcher's goodbye, for which its connection would wait; who just vanished hears nothing of it. */
  override webSocketClose(socket: WebSocket): void {
    this.#watchers = Math.max(0, this.#watchers - 1);
    socket.close(CLOSE.normal);
  }
}

/** How long to wait between two broadcasts to so many. */
function pauseOf(watchers: number): number {
  return Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, watchers * PAUSE_PER_WATCHER_MS));
}

/** Sends, however little the watcher reads: the platform doesn't say how much of what it was sent still waits. */
function send(socket: WebSocket, message: string): void {
  try {
    socket.send(message);
  } catch {
    // It is closing already.
  }
}

function closeAll(sockets: readonly WebSocket[]): null {
  for (const socket of sockets) socket.close(CLOSE.gone, 'the event is gone');
  return null;
}

function refusal(code: 'event_not_found' | 'overloaded'): Response {
  return Response.json({ code }, { status: code === 'overloaded' ? 503 : 404 });
}
