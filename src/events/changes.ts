import type { Fact } from '../domain/facts.ts';
import { type EventDetails, MINUTE_MS } from '../domain/model.ts';
import { toTime } from '../http/fields.ts';
import type { ChangeDetailsJson, ChangeJson } from './changes-schema.ts';

type Data = ChangeJson['data'];

/** A fact as the change feed shows it: everything but ticket codes, which are for their holders and the door. */
export function toChangeJson(fact: Fact): ChangeJson {
  return {
    seq: fact.seq,
    at: toTime(fact.at),
    type: fact.type,
    reservation_id: fact.reservationId,
    actor_id: fact.actorId,
    data: toData(fact),
  };
}

/** Names every member that is shown, so that one which joins a fact later isn't shown by chance. */
function toData(fact: Fact): Data {
  switch (fact.type) {
    case 'event_created':
      return { status: fact.data.status, details: toDetailsJson(fact.data.details) };
    case 'event_edited':
      return { details: toDetailsJson(fact.data) };
    case 'reservation_created': {
      const { userId, attendeeId, quantity } = fact.data;
      return { user_id: userId, attendee_id: attendeeId, quantity, ...toSeatedJson(fact.data) };
    }
    case 'reservation_promoted':
    case 'reservation_reactivated':
      return toSeatedJson(fact.data);
    case 'reservation_extended':
      return { expires_at: toTime(fact.data.expiresAt) };
    case 'reservation_resized': {
      const { quantity, requeued, passed } = fact.data;
      return { quantity, requeued, passed: [...passed] };
    }
    case 'transfer_offered':
      return { to: fact.data.to };
    case 'reservation_transferred':
      return { from: fact.data.from, to: fact.data.to };
    case 'reservation_checked_in':
      return { quantity: fact.data.quantity, nonce: fact.data.nonce };
    case 'reservation_cancelled':
      return { by: fact.data.by };
    case 'event_published':
    case 'event_cancelled':
    case 'event_deleted':
    case 'reservation_confirmed':
    case 'reservation_expired':
    case 'reservation_deleted':
    case 'transfer_withdrawn':
    case 'check_in_undone':
      return {};
  }
}

type Seated = Extract<Fact, { type: 'reservation_created' | 'reservation_promoted' }>['data'];

function toSeatedJson({ status, expiresAt, passed }: Seated): Data {
  return { status, expires_at: toTime(expiresAt), passed: [...passed] };
}

function toDetailsJson(details: Partial<EventDetails>): ChangeDetailsJson {
  const { title, description, startTime, endTime, timeZone, capacity, venueId, countryCode, price, tags } = details;
  const { maxQuantity, requiresConfirmation, holdMs, reservationsOpenAt, reservationsCloseAt, cancelUntil } = details;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(startTime !== undefined && { start_time: toTime(startTime) }),
    ...(endTime !== undefined && { end_time: toTime(endTime) }),
    ...(timeZone !== undefined && { time_zone: timeZone }),
    ...(capacity !== undefined && { capacity }),
    ...(venueId !== undefined && { venue_id: venueId }),
    ...(countryCode !== undefined && { country_code: countryCode }),
    ...(price !== undefined && { price }),
    ...(tags !== undefined && { tags: [...tags] }),
    ...(maxQuantity !== undefined && { max_quantity: maxQuantity }),
    ...(requiresConfirmation !== undefined && { requires_confirmation: requiresConfirmation }),
    ...(holdMs !== undefined && { hold_minutes: holdMs / MINUTE_MS }),
    ...(reservationsOpenAt !== undefined && { reservations_open_at: toTime(reservationsOpenAt) }),
    ...(reservationsCloseAt !== undefined && { reservations_close_at: toTime(reservationsCloseAt) }),
    ...(cancelUntil !== undefined && { cancel_until: toTime(cancelUntil) }),
  };
}
