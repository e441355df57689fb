import { counted } from './progress.ts';
import type { Told } from './rush.ts';

/** A reservation as D1 lists it. */
export interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly quantity: number;
  readonly status: string;
}

/** What three witnesses say about one event: the crowd, the actor and D1. */
export interface Evidence {
  readonly capacity: number;
  readonly told: Told;
  /** The actor's own count. */
  readonly actor: { readonly reserved: number; readonly available: number };
  /** All of D1's rows of the event. */
  readonly rows: readonly Row[];
}

/** One thing that must hold, and whether it does. */
export interface Finding {
  readonly holds: boolean;
  readonly text: string;
}

const NAMED_MAX = 5;

/**
 * Compares what the crowd was told with what the actor counts and with what D1 shows. What was acknowledged must be
 * there exactly once; of what went unanswered any part may be there.
 */
export function judge(evidence: Evidence): Finding[] {
  return [
    ...judgeReservations(evidence),
    ...judgeSeats(evidence),
    judgeRefusals(evidence),
    finding(
      [...evidence.told.other].map(([code, count]) => `${count} × ${code}`),
      'every answer is a reservation or sold_out',
      'unexpected answers',
    ),
  ];
}

/** Seats that the rows take. */
export function seatsOf(rows: readonly { readonly quantity: number; readonly status?: string }[]): number {
  const taking = rows.filter(({ status = 'confirmed' }) => status === 'confirmed' || status === 'pending');
  return taking.reduce((sum, row) => sum + row.quantity, 0);
}

function judgeReservations({ told, rows }: Evidence): Finding[] {
  const { acknowledged, unanswered } = told;
  const rowsById = new Map(rows.map((row) => [row.id, row]));
  const lost = acknowledged.filter(({ reservationId, userId, quantity }) => {
    const row = rowsById.get(reservationId);
    return row === undefined || row.user_id !== userId || seatsOf([row]) !== quantity;
  });
  const known = new Set(acknowledged.map(({ reservationId }) => reservationId));
  const mayHave = new Set(unanswered.map(({ userId }) => userId));
  const stray = rows.filter(({ id, user_id }) => !known.has(id) && !mayHave.has(user_id));
  const doubled = [
    ...repeated(acknowledged.map(({ reservationId }) => reservationId)),
    ...repeated(rows.map(({ id }) => id)),
    ...repeated(rows.map(({ user_id }) => user_id)),
  ];
  const lostIds = lost.map(({ reservationId }) => reservationId);
  const strayIds = stray.map(({ id }) => id);
  return [
    finding(lostIds, `each acknowledged reservation is in D1: ${acknowledged.length}`, 'acknowledged, but lost'),
    finding(doubled, 'no reservation and no customer is there twice', 'doubled'),
    finding(strayIds, 'no reservation is there that nobody asked for', 'in D1, but told to nobody'),
  ];
}

function judgeSeats({ capacity, told, actor, rows }: Evidence): Finding[] {
  const acknowledged = seatsOf(told.acknowledged);
  const atMost = acknowledged + seatsOf(told.unanswered);
  const asTold = atMost === acknowledged ? counted(acknowledged, 'seat') : `${acknowledged} to ${atMost} seats`;
  const inRows = seatsOf(rows);
  const { reserved, available } = actor;
  return [
    {
      holds: reserved <= capacity && available === capacity - reserved,
      text: `the actor counts ${counted(reserved, 'seat')} taken and ${available} free of ${capacity}`,
    },
    { holds: reserved === inRows, text: `D1's rows take ${counted(inRows, 'seat')}, the actor counts ${reserved}` },
    {
      holds: reserved >= acknowledged && reserved <= atMost,
      text: `the crowd was promised ${asTold}, the actor counts ${reserved}`,
    },
  ];
}

/** In a rush seats never come back, so what fits at its end fitted all the time. */
function judgeRefusals({ told, actor }: Evidence): Finding {
  const wrong = told.soldOut.filter(({ quantity, availableSlots }) => {
    return availableSlots >= quantity || actor.available >= quantity;
  });
  const named = wrong.map(({ quantity, availableSlots }) => `${quantity} of ${availableSlots} left`);
  return finding(
    named,
    `none of the ${told.soldOut.length} refused would have fitted`,
    'refused, but would have fitted',
  );
}

function finding(wrong: readonly string[], whenGood: string, whenBad: string): Finding {
  if (wrong.length === 0) return { holds: true, text: whenGood };
  const more = wrong.length > NAMED_MAX ? ` and ${wrong.length - NAMED_MAX} more` : '';
  return { holds: false, text: `${whenBad}: ${wrong.slice(0, NAMED_MAX).join(', ')}${more}` };
}

function repeated(texts: readonly string[]): string[] {
  const once = new Set<string>();
  return texts.filter((text) => {
    const isRepeat = once.has(text);
    once.add(text);
    return isRepeat;
  });
}
