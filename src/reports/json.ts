import type { Stats } from '../domain/tally.ts';
import type { StatsJson } from './schema.ts';

/** An event's figures as answers show them. */
export function toStatsJson(stats: Stats): StatsJson {
  const { availability, reservations, seats, checkedInSeats, toClose, days } = stats;
  return {
    event_id: availability.eventId,
    seq: availability.seq,
    status: availability.status,
    capacity: availability.capacity,
    available_slots: availability.availableSlots,
    reservations,
    seats,
    seats_checked_in: checkedInSeats,
    closing: toClose === 0 ? null : { remaining: toClose },
    days: days.map((day) => ({
      day: day.day,
      reservations_created: day.created,
      reservations_cancelled: day.cancelled,
      reservations_expired: day.expired,
      seats_taken: day.seatsTaken,
      seats_freed: day.seatsFreed,
      seats_checked_in: day.seatsCheckedIn,
    })),
  };
}
