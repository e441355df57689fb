import type { Audience, CancelledBy, EventRecord, Principal, Reservation } from './model.ts';

/** Whether the principal runs this event: its organizer, or an admin. */
export function manages(event: Pick<EventRecord, 'organizerId'>, principal: Principal | null): boolean {
  return principal !== null && (principal.userId === event.organizerId || principal.role === 'admin');
}

/** Whether the event exists for the principal: it does for everybody once it was published, until it is deleted. */
export function maySeeEvent(event: Audience, principal: Principal | null): boolean {
  return event.deletedAt === null && (event.publishedAt !== null || manages(event, principal));
}

/** Whether the reservation is the principal's to act on: their own, or of an event that they run. */
export function mayActOn(event: EventRecord, reservation: Reservation, principal: Principal): boolean {
  return principal.userId === reservation.userId || manages(event, principal);
}

/** Whether the reservation exists for the principal: also for whom it is offered to, until it is removed. */
export function maySeeReservation(event: EventRecord, reservation: Reservation, principal: Principal): boolean {
  const offered = principal.userId === reservation.transferTo;
  return reservation.deletedAt === null && (offered || mayActOn(event, reservation, principal));
}

/** In which capacity the principal acts on a reservation that they may see; its user first. */
export function actsAs(event: EventRecord, reservation: Reservation, principal: Principal): CancelledBy {
  if (principal.userId === reservation.userId) return 'holder';
  return principal.userId === event.organizerId ? 'organizer' : 'admin';
}
