import type { EventDetails, Instant } from './model.ts';
import type { FieldError } from './outcomes.ts';

type Rule = (details: EventDetails, previous: EventDetails | null, at: Instant) => FieldError | null;

const rules: readonly Rule[] = [
  ({ startTime, endTime }) =>
    endTime > startTime
      ? null
      : { field: 'endTime', code: 'end_before_start', detail: 'The end must be after the start.' },
  ({ startTime }, previous, at) =>
    startTime > at || startTime === previous?.startTime
      ? null
      : { field: 'startTime', code: 'start_in_past', detail: 'The start must be in the future.' },
  ({ endTime }, previous, at) =>
    endTime > at || endTime === previous?.endTime
      ? null
      : { field: 'endTime', code: 'end_in_past', detail: 'The end must be in the future.' },
  ({ reservationsOpenAt, reservationsCloseAt, startTime }) =>
    reservationsOpenAt === null || reservationsOpenAt < (reservationsCloseAt ?? startTime)
      ? null
      : { field: 'reservationsOpenAt', code: 'open_after_close', detail: 'Reservations must open before they close.' },
  ({ reservationsCloseAt, endTime }) =>
    reservationsCloseAt === null || reservationsCloseAt <= endTime
      ? null
      : { field: 'reservationsCloseAt', code: 'close_after_end', detail: 'Reservations must close by the end.' },
  ({ cancelUntil, endTime }) =>
    cancelUntil === null || cancelUntil <= endTime
      ? null
      : { field: 'cancelUntil', code: 'cancel_after_end', detail: 'Cancelling must end by the end of the event.' },
];

/**
 * What is wrong with the details as a whole; single values were validated before.
 * @param previous the details before an edit: an instant that passed meanwhile may stay as it is
 */
export function checkDetails(details: EventDetails, previous: EventDetails | null, at: Instant): FieldError[] {
  return rules.map((rule) => rule(details, previous, at)).filter((error) => error !== null);
}

/**
 * Whether the event fits its venue.
 * @param venueCapacity undefined: nothing bounds it
 */
export function checkVenue(capacity: number, venueCapacity: number | undefined): FieldError[] {
  if (venueCapacity === undefined || capacity <= venueCapacity) return [];
  const detail = `The venue has room for ${venueCapacity}.`;
  return [{ field: 'capacity', code: 'above_venue_capacity', detail }];
}

/** Those of `changes` that differ from the current details. */
export function differences(current: EventDetails, changes: Partial<EventDetails>): Partial<EventDetails> {
  const differing = Object.entries(changes).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(current[name as keyof EventDetails]),
  );
  return Object.fromEntries(differing) as Partial<EventDetails>;
}
