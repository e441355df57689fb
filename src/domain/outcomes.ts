import type { Fact } from './facts.ts';
import type { EventDetails, EventView, Instant, ReservationId, ReservationView } from './model.ts';

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
        | 'not_holder'
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
