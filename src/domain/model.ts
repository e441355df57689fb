/**
 * The words of the domain: what an event and its reservations are. What can be asked of them is in commands.ts, what
 * happened in facts.ts, what is answered in outcomes.ts. Plain data only, so that every value can cross an RPC
 * boundary, be stored as JSON and be compared in a test.
 *
 * Instants are epoch milliseconds. Seats are whole numbers. Money is an integer in minor units.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

export type EventId = Brand<'EventId'>;
export type ReservationId = Brand<'ReservationId'>;
export type UserId = Brand<'UserId'>;
export type AttendeeId = Brand<'AttendeeId'>;
export type VenueId = Brand<'VenueId'>;
/** Names one request to change something; a retry carries the same one. */
export type CommandId = Brand<'CommandId'>;
/** Whom a reservation is for: its attendee if it names one, else its user. */
export type HolderId = UserId | AttendeeId;
/** Epoch milliseconds. */
export type Instant = number;

/** A bound on everything that a caller can make large. Lengths are in Unicode code points. */
export const LIMITS = {
  capacityMax: 1_000_000,
  titleLengthMax: 200,
  descriptionLengthMax: 10_000,
  timeZoneLengthMax: 64,
  tagsMax: 10,
  tagLengthMax: 40,
  quantityMax: 100,
  maxQuantityDefault: 10,
  priceAmountMax: 1_000_000_000_000,
  holdMinutesMin: 1,
  holdMinutesMax: 1440,
  holdMinutesDefault: 15,
  /** Commands that one transaction of an actor executes. */
  batchMax: 1_000,
  /** Holds that one command expires, and reservations that one step of cancelling an event cancels. */
  settlePerStep: 1_000,
  /** Parties at the head of the waitlist that one command looks at, and so promotes at most. */
  waitlistWindow: 100,
  /** Lapsed holds that one reservation expires for the sake of those who wait. */
  expiriesForWaitlist: 100,
  /** How often smaller parties may pass a waiting one before it blocks the line. */
  passesMax: 3,
  /** A hold slides to at most this many times its first length from its start. */
  holdLengthsMax: 3,
  nonceLengthMax: 64,
  /** Nonces that a reservation remembers, the last ones: more than a party's arrivals one by one. */
  noncesMax: 200,
  /** How long an Idempotency-Key is remembered. */
  idempotencyMs: 24 * 60 * 60 * 1000,
  /** How long an event's live hub hears of changes after it asked to. */
  subscriptionMs: 90_000,
} as const;

/** A minute in milliseconds. */
export const MINUTE_MS = 60_000;

/** What accounts can be. */
export const ROLES = ['customer', 'organizer', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. Established by the Worker from a verified token, judged only in the domain. */
export interface Principal {
  readonly userId: UserId;
  readonly role: Role;
}

/** All that an event can be. */
export const EVENT_STATUSES = ['draft', 'published', 'cancelled'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Reservations that hold seats or a place in line. */
export const ACTIVE_STATUSES = ['pending', 'confirmed', 'waitlisted'] as const;
/** All that a reservation can be. */
export const RESERVATION_STATUSES = [...ACTIVE_STATUSES, 'cancelled', 'expired'] as const;
export type ReservationStatus = (typeof RESERVATION_STATUSES)[number];

/** In which capacity somebody cancels a reservation. */
export const CANCELLED_BY = ['holder', 'organizer', 'admin'] as const;
export type CancelledBy = (typeof CANCELLED_BY)[number];

export interface Money {
  /** Minor units, for example cents. */
  readonly amount: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
}

/** What an organizer says about an event and may edit. */
export interface EventDetails {
  readonly title: string;
  readonly description: string;
  readonly startTime: Instant;
  readonly endTime: Instant;
  /** IANA name; for display, instants are absolute. */
  readonly timeZone: string;
  readonly capacity: number;
  readonly venueId: VenueId | null;
  /** ISO 3166-1 alpha-2. */
  readonly countryCode: string | null;
  readonly price: Money | null;
  readonly tags: readonly string[];
  /** Most seats that one reservation may take. */
  readonly maxQuantity: number;
  /** Whether reservations start as pending. */
  readonly requiresConfirmation: boolean;
  readonly holdMs: number;
  /** Null: from publication on. */
  readonly reservationsOpenAt: Instant | null;
  /** Null: until the start. */
  readonly reservationsCloseAt: Instant | null;
  /** Until when the holder may cancel. Null: until the start. */
  readonly cancelUntil: Instant | null;
}

export interface EventRecord extends EventDetails {
  readonly id: EventId;
  readonly organizerId: UserId;
  readonly status: EventStatus;
  /** Null for an event that was never public: nobody but its organizer and admins may learn that it exists. */
  readonly publishedAt: Instant | null;
  readonly deletedAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** Counts edits of the event itself, not reservations; 1 when created. */
  readonly version: number;
}

export interface Reservation {
  readonly id: ReservationId;
  readonly eventId: EventId;
  readonly userId: UserId;
  readonly attendeeId: AttendeeId | null;
  readonly quantity: number;
  readonly status: ReservationStatus;
  /** When its hold lapses, or did; null unless it is or was pending since it last took seats. */
  readonly expiresAt: Instant | null;
  readonly confirmedAt: Instant | null;
  readonly cancelledAt: Instant | null;
  readonly cancelledBy: CancelledBy | null;
  /** The place in the line of the waitlist, lower first; null unless waitlisted. */
  readonly queueSeq: number | null;
  /** How often smaller parties were promoted past it while it waited. */
  readonly passes: number;
  /** Until when its hold may slide at most; null where there is no `expiresAt`. */
  readonly extendableUntil: Instant | null;
  /** When the first of the party arrived; null: nobody yet. */
  readonly checkedInAt: Instant | null;
  /** How many of the party have arrived. */
  readonly checkedInQuantity: number;
  /** The nonces of its check-ins, undone ones too, by which a repeated one is known. */
  readonly checkInNonces: readonly string[];
  /** To whom its user offers it; null: to nobody. */
  readonly transferTo: UserId | null;
  /** Unguessable; proves the reservation at the door. */
  readonly ticketCode: string;
  readonly deletedAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** Counts facts about this reservation; 1 when created. */
  readonly version: number;
}

/** Seats by state over all reservations of the event, whether loaded or not; `waitlisted` counts parties. */
export interface Totals {
  /** Seats of pending reservations, lapsed ones included until a fact says that they expired. */
  readonly held: number;
  readonly confirmed: number;
  readonly waitlisted: number;
}

/**
 * An event as its decider sees it. `reservations` holds at least every row that the command at hand can touch: its
 * own, its holder's active one, the lapsed holds in the order in which they lapsed, and the head of the line of those
 * who wait; in tests it holds all.
 */
export interface EventState {
  /** Null: never created. */
  event: EventRecord | null;
  totals: Totals;
  /** The last fact's number; 0 before the first. */
  seq: number;
  readonly reservations: Map<ReservationId, Reservation>;
  /** The active reservation of each holder among `reservations`. */
  readonly activeByHolder: Map<HolderId, ReservationId>;
}

/** What an event that was never created looks like. */
export function emptyState(): EventState {
  return {
    event: null,
    totals: { held: 0, confirmed: 0, waitlisted: 0 },
    seq: 0,
    reservations: new Map(),
    activeByHolder: new Map(),
  };
}

/** An event with its seat counts, as one moment saw them. */
export interface EventView {
  readonly event: EventRecord;
  readonly totals: Totals;
  readonly seq: number;
}

/** A reservation with its place in the line, 1 for its head; null unless it waits. */
export interface ReservationView {
  readonly reservation: Reservation;
  readonly waitlistPosition: number | null;
}

/** An event's occupancy at one instant; the strong read behind `GET /events/{id}/availability`. */
export interface Availability {
  readonly eventId: EventId;
  readonly seq: number;
  readonly status: EventStatus;
  readonly capacity: number;
  readonly reservedSlots: number;
  readonly availableSlots: number;
  readonly waitlisted: number;
}

/** What decides for whom an event exists. */
export type Audience = Pick<EventRecord, 'organizerId' | 'publishedAt' | 'deletedAt'>;

/** What those who watch an event are shown, and who they may be. */
export interface Showing {
  readonly availability: Availability;
  readonly audience: Audience;
}

/** What the live hub says to news: whether it passed them on and when to come again; null if nobody watches any more. */
export type Heard = { readonly passedOn: boolean; readonly pauseMs: number } | null;
