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
  /** Parties at the head of the waitlist that one command looks at, and so promotes at most. */
  waitlistWindow: 100,
  /** Lapsed holds that one reservation expires for the sake of those who wait. */
  expiriesForWaitlist: 100,
  /** How often smaller parties may pass a waiting one before it blocks the line. */
  passesMax: 3,
  /** A hold slides to at most this many times its first length from its start. */
  holdLengthsMax: 3,
  nonceLengthMax: 64,
  /** How long an Idempotency-Key is remembered. */
  idempotencyMs: 24 * 60 * 60 * 1000,
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
  /** The place in the line of the waitlist, lower first; null unless waitlisted. */
  readonly queueSeq: number | null;
  /** How often smaller parties were promoted past it while it waited. */
  readonly passes: number;
  /** Until when its hold may slide at most; null unless it is or was pending. */
  readonly extendableUntil: Instant | null;
  /** When the first of the party arrived; null: nobody yet. */
  readonly checkedInAt: Instant | null;
  /** How many of the party have arrived. */
  readonly checkedInQuantity: number;
  /** The nonces of its check-ins, by which a repeated one is known. */
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
  | { readonly type: 'create_event'; readonly details: EventDetails; readonly status: 'draft' | 'published' }
  | { readonly type: 'edit_event'; readonly changes: Partial<EventDetails>; readonly ifVersion: number | null }
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
      /** What to do when the seats don't suffice: be refused, or wait for them. */
      readonly onFull: 'refuse' | 'waitlist';
      readonly ticketCode: string;
    }
  /** `reacquire`: retake the seats if the hold has lapsed. */
  | { readonly type: 'confirm'; readonly reservationId: ReservationId; readonly reacquire: boolean }
  | { readonly type: 'extend'; readonly reservationId: ReservationId }
  | { readonly type: 'cancel'; readonly reservationId: ReservationId }
  | { readonly type: 'reactivate'; readonly reservationId: ReservationId }
  | {
      readonly type: 'change_quantity';
      readonly reservationId: ReservationId;
      readonly quantity: number;
      readonly ifVersion: number | null;
    }
  | { readonly type: 'offer_transfer'; readonly reservationId: ReservationId; readonly to: UserId }
  | { readonly type: 'withdraw_transfer'; readonly reservationId: ReservationId }
  /** `ticketCode`: the new one; the former user's stops being valid. */
  | { readonly type: 'accept_transfer'; readonly reservationId: ReservationId; readonly ticketCode: string }
  | {
      readonly type: 'check_in';
      readonly reservationId: ReservationId;
      /** What the ticket says; null: the organizer names the reservation itself. */
      readonly ticketCode: string | null;
      /** How many arrive; null: all who haven't yet. */
      readonly quantity: number | null;
      /** Null: whoever has arrived already is no error. */
      readonly nonce: string | null;
    }
  | { readonly type: 'undo_check_in'; readonly reservationId: ReservationId }
  | { readonly type: 'delete_reservation'; readonly reservationId: ReservationId }
  /** What time alone makes due: lapsed holds expire, the waitlist moves up, a cancelled event's end. Bounded. */
  | { readonly type: 'settle' };

/** What the Worker sends to an actor. */
export type Command = Action & {
  readonly id: CommandId;
  readonly eventId: EventId;
  /** Null: the system itself, which only settles. */
  readonly principal: Principal | null;
  /** The client's own name for this request, if it gave one: a repeat gets the first answer. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
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

/** What taking seats says beside the status. */
interface Seated {
  /** When a pending one lapses; else null. */
  readonly expiresAt: Instant | null;
  readonly extendableUntil: Instant | null;
  /** The waiting parties, all larger, that this one passed. */
  readonly passed: readonly ReservationId[];
}

/** What happened to one reservation. */
export type ReservationFact = FactBase & { readonly reservationId: ReservationId } & (
    | {
        readonly type: 'reservation_created';
        readonly data: {
          readonly userId: UserId;
          readonly attendeeId: AttendeeId | null;
          readonly quantity: number;
          readonly status: 'pending' | 'confirmed' | 'waitlisted';
          readonly ticketCode: string;
        } & Seated;
      }
    | { readonly type: 'reservation_confirmed'; readonly data: Record<string, never> }
    | { readonly type: 'reservation_extended'; readonly data: { readonly expiresAt: Instant } }
    /** Off the waitlist, onto seats. */
    | { readonly type: 'reservation_promoted'; readonly data: { readonly status: 'pending' | 'confirmed' } & Seated }
    /** Out of cancelled or expired, onto seats. */
    | { readonly type: 'reservation_reactivated'; readonly data: { readonly status: 'pending' | 'confirmed' } & Seated }
    | {
        readonly type: 'reservation_resized';
        readonly data: {
          readonly quantity: number;
          /** Who asks for more while waiting goes to the end of the line. */
          readonly requeued: boolean;
          readonly passed: readonly ReservationId[];
        };
      }
    | { readonly type: 'transfer_offered'; readonly data: { readonly to: UserId } }
    | { readonly type: 'transfer_withdrawn'; readonly data: Record<string, never> }
    | {
        readonly type: 'reservation_transferred';
        readonly data: { readonly from: UserId; readonly to: UserId; readonly ticketCode: string };
      }
    | {
        readonly type: 'reservation_checked_in';
        readonly data: { readonly quantity: number; readonly nonce: string | null };
      }
    | { readonly type: 'check_in_undone'; readonly data: Record<string, never> }
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
        | 'reservation_not_pending'
        | 'reservation_not_confirmed'
        | 'hold_not_extendable'
        | 'cancellation_closed'
        | 'transfer_not_offered'
        | 'transfer_to_self'
        | 'ticket_unknown'
        | 'idempotency_key_reused'
        | 'version_mismatch'
        | 'busy';
    }
  | { readonly code: 'already_checked_in'; readonly checkedInAt: Instant }
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

/** A reservation with its place in the line, 1 for its head; null unless it waits. */
export interface ReservationView {
  readonly reservation: Reservation;
  readonly waitlistPosition: number | null;
}

/** What an actor answers to one command. */
export type Outcome =
  | { readonly kind: 'event'; readonly view: EventView; readonly replayed?: true }
  | (ReservationView & {
      readonly kind: 'reservation';
      readonly seq: number;
      /** The answer to an earlier request with the same Idempotency-Key. */
      readonly replayed?: true;
    })
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
