/**
 * The words of the domain: what an event and its reservations are, what can be asked of them (Command), what
 * happened (Fact), and why something was refused (Rejection). Plain data only, so that every value here can cross
 * an RPC boundary, be stored as JSON and be compared in a test.
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

/** A bound on everything that a caller can make large. Lengths are in UTF-16 code units. */
export const LIMITS = {
  capacityMax: 1_000_000,
  titleLengthMax: 200,
  descriptionLengthMax: 10_000,
  timeZoneLengthMax: 64,
  tagsMax: 10,
  tagLengthMax: 40,
  quantityMax: 100,
  quantityDefault: 10,
  priceAmountMax: 1_000_000_000_000,
  holdMinutesMin: 1,
  holdMinutesMax: 1440,
  holdMinutesDefault: 15,
  /** Commands that one transaction of an actor executes. */
  batchMax: 1_000,
  /** Holds that one command expires, and reservations that one step of cancelling an event cancels. */
  settlePerStep: 1_000,
} as const;

export type Role = 'customer' | 'organizer' | 'admin';

/** Who asks. Established by the Worker from a verified token, judged only in the domain. */
export interface Principal {
  readonly userId: UserId;
  readonly role: Role;
}

export type EventStatus = 'draft' | 'published' | 'cancelled';
export type ReservationStatus = 'pending' | 'confirmed' | 'waitlisted' | 'cancelled' | 'expired';
export type CancelledBy = 'holder' | 'organizer' | 'admin';

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
  /** Null for an event that was never public: nobody but its organizer may learn that it exists. */
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
  /** When a pending one lapses, or did; null if it never was pending. */
  readonly expiresAt: Instant | null;
  readonly confirmedAt: Instant | null;
  readonly cancelledAt: Instant | null;
  readonly cancelledBy: CancelledBy | null;
  readonly checkedInAt: Instant | null;
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
 * own, its holder's active one, and the lapsed holds in the order in which they lapsed; in tests it holds all.
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

/** What is asked, apart from who asks and when. */
export type Action =
  | {
      readonly type: 'create_event';
      readonly details: EventDetails;
      readonly status: 'draft' | 'published';
      /** Of the event's venue; left out: nothing bounds the event's. */
      readonly venueCapacity?: number | undefined;
    }
  | {
      readonly type: 'edit_event';
      readonly changes: Partial<EventDetails>;
      readonly ifVersion: number | null;
      /** Of the venue that the event then has; left out: nothing bounds the event's. */
      readonly venueCapacity?: number | undefined;
    }
  | { readonly type: 'publish_event' }
  | { readonly type: 'cancel_event' }
  | { readonly type: 'delete_event'; readonly ifVersion: number | null }
  | {
      readonly type: 'reserve';
      readonly reservationId: ReservationId;
      readonly attendeeId: AttendeeId | null;
      readonly quantity: number;
      /** Null: as the event wants it. */
      readonly status: 'pending' | 'confirmed' | null;
      readonly ticketCode: string;
    }
  | { readonly type: 'confirm'; readonly reservationId: ReservationId }
  | { readonly type: 'cancel'; readonly reservationId: ReservationId }
  | { readonly type: 'delete_reservation'; readonly reservationId: ReservationId }
  /** What time alone makes due: lapsed holds expire, a cancelled event's reservations are cancelled. Bounded. */
  | { readonly type: 'settle' };

/** What the Worker sends to an actor. */
export type Command = Action & {
  readonly id: CommandId;
  readonly eventId: EventId;
  /** Null: the system itself, which only settles. */
  readonly principal: Principal | null;
};

/** A command as the actor decides it: the instant is the actor's, so that an event's time never runs backwards. */
export type TimedCommand = Command & { readonly at: Instant };

interface FactBase {
  /** 1, 2, 3 … per event, without a gap. */
  readonly seq: number;
  readonly at: Instant;
  /** Who caused it; null: time. */
  readonly actorId: UserId | null;
}

/** What happened to the event itself. */
export type EventFact = FactBase & { readonly reservationId: null } & (
    | {
        readonly type: 'event_created';
        readonly data: {
          readonly eventId: EventId;
          readonly status: 'draft' | 'published';
          readonly details: EventDetails;
        };
      }
    | { readonly type: 'event_edited'; readonly data: Partial<EventDetails> }
    | { readonly type: 'event_published'; readonly data: Record<string, never> }
    | { readonly type: 'event_cancelled'; readonly data: Record<string, never> }
    | { readonly type: 'event_deleted'; readonly data: Record<string, never> }
  );

/** What happened to one reservation. */
export type ReservationFact = FactBase & { readonly reservationId: ReservationId } & (
    | {
        readonly type: 'reservation_created';
        readonly data: {
          readonly userId: UserId;
          readonly attendeeId: AttendeeId | null;
          readonly quantity: number;
          readonly status: 'pending' | 'confirmed';
          readonly expiresAt: Instant | null;
          readonly ticketCode: string;
        };
      }
    | { readonly type: 'reservation_confirmed'; readonly data: Record<string, never> }
    | { readonly type: 'reservation_cancelled'; readonly data: { readonly by: CancelledBy } }
    | { readonly type: 'reservation_expired'; readonly data: Record<string, never> }
    | { readonly type: 'reservation_deleted'; readonly data: Record<string, never> }
  );

export type Fact = EventFact | ReservationFact;
export type FactType = Fact['type'];

/** One field of the input that breaks a rule which only the event's state can judge. */
export interface FieldError {
  /** Name of the field in `EventDetails`, or of the command's own field. */
  readonly field: keyof EventDetails | 'quantity';
  readonly code: string;
  readonly detail: string;
}

/** Why a command was refused, as data; the HTTP layer maps every code to a status. */
export type Rejection =
  | {
      readonly code:
        | 'event_not_found'
        | 'reservation_not_found'
        | 'not_organizer'
        | 'organizer_required'
        | 'event_not_published'
        | 'event_cancelled'
        | 'event_started'
        | 'event_has_reservations'
        | 'reservations_not_open'
        | 'reservations_closed'
        | 'hold_expired'
        | 'reservation_cancelled'
        | 'cancellation_closed'
        | 'version_mismatch'
        | 'busy';
    }
  | { readonly code: 'sold_out'; readonly availableSlots: number }
  | { readonly code: 'already_reserved'; readonly reservationId: ReservationId }
  | { readonly code: 'capacity_below_reserved'; readonly minimum: number }
  | { readonly code: 'validation_failed'; readonly errors: readonly FieldError[] };

export type RejectionCode = Rejection['code'];

/** Accepted with the facts that it adds (none if what is asked already holds), or refused. */
export type Decision =
  | { readonly accepted: true; readonly facts: readonly Fact[] }
  | { readonly accepted: false; readonly rejection: Rejection };

/** An event with its seat counts, as one moment saw them. */
export interface EventView {
  readonly event: EventRecord;
  readonly totals: Totals;
  readonly seq: number;
}

/** What an actor answers to one command. */
export type Outcome =
  | { readonly kind: 'event'; readonly view: EventView }
  | { readonly kind: 'reservation'; readonly reservation: Reservation; readonly seq: number }
  | { readonly kind: 'settled'; readonly seq: number }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

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
