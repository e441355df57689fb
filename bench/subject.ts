import type { ScenarioName } from './scenarios.ts';

/** What a subject's own database says about an event; all three must agree with what was answered. */
export interface Counts {
  readonly capacity: number;
  /** Seats that the counter says are taken. */
  readonly reserved: number;
  /** Reservations that are stored and take seats. */
  readonly stored: number;
}

/** A server that takes reservations: Seatkeeper or a peer of it, in one of its variants. */
export interface Subject {
  readonly name: string;
  /** How it is run, for people: processes, statements. */
  readonly variant: string;
  readonly port: number;
  /** What it is measured in: peers can do less than Seatkeeper, and variants that differ only in writing read once. */
  readonly scenarios: readonly ScenarioName[];
  /** What comes before /api in its paths. */
  readonly prefix: string;
  createEvents(count: number, capacity: number): Promise<string[]>;
  /** Ids of the catalogue's events. */
  readonly catalogueIds: readonly string[];
  /** Waits until all that the event caused is written everywhere. */
  settle(eventId: string): Promise<void>;
  counts(eventId: string): Promise<Counts>;
  /** Resident memory of the server in MB; null if unknown. */
  memoryMb(): number | null;
}

export function reservationsPath(subject: Subject, eventId: string): string {
  return `${subject.prefix}/api/events/${eventId}/reservations`;
}
