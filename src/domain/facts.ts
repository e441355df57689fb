import type { AttendeeId, CancelledBy, EventDetails, EventId, Instant, ReservationId, UserId } from './model.ts';

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
