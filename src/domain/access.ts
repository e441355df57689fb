import type { CancelledBy, EventRecord, Principal, Reservation } from './model.ts';

/** Whether the principal runs this event: its organizer, or an admin. */
export function manages(event: EventRecord, principal: Principal | null): boolean {
  return principal !== null && (principal.userId === event.organizerId || principal.role === 'admin');
}

/** Whether the event exists for the principal: it does for everybody once it was published, until it is deleted. */
export function maySeeEvent(event: EventRecord, principal: Principal | null): boolean {
  return event.deletedAt === null && (event.publishedAt !== null || manages(event, principal));
}

/** Whether the reservation exists for the principal: for its user, and for who runs the event. */
export function maySeeReservation(event: EventRecord, reservation: Reservation, principal: Principal | null): boolean {
  const own = principal !== null && principal.userId === reservation.userId;
  return reservation.deletedAt === null && (own || manages(event, principal));
}

/** In which capacity the principal acts on a reservation that they may see; its user first. */
export function actsAs(event: EventRecord, reservation: Reservation, principal: Principal): CancelledBy {
  if (principal.userId === reservation.userId) return 'holder';
  return principal.userId === event.organizerId ? 'organizer' : 'admin';
}
