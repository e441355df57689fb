import type {
  AttendeeId,
  CommandId,
  EventDetails,
  EventId,
  Instant,
  Principal,
  ReservationId,
  UserId,
  VenueId,
} from './model.ts';

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
      /** The venue of the event by which this was judged; left out: it was not. */
      readonly ifVenueId?: VenueId | null | undefined;
    }
  | {
      readonly type: 'publish_event';
      /** Of the event's venue; left out: nothing bounds the event's. */
      readonly venueCapacity?: number | undefined;
      /** The venue of the event by which this was judged; left out: it was not. */
      readonly ifVenueId?: VenueId | null | undefined;
    }
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
  | {
      readonly type: 'delete_reservation';
      readonly reservationId: ReservationId;
      readonly ifVersion: number | null;
    }
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
