import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Session } from './account.ts';
import { type Answer, explain, type Method, pauseMs, persist, Unanswered } from './api-client.ts';
import { Failure } from './command-line.ts';

const PAGE = 100;

/** What became of a request to create or change something; in doubt: it may or may not have had its effect. */
export type Outcome<Made> =
  | { readonly kind: 'done'; readonly made: Made }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'in_doubt'; readonly reason: string };

/**
 * Asks for something to be created or changed, once: what went wrong on the other side is never repeated blindly.
 * @throws Failure when the organizer may not
 */
export async function attempt<Made>(
  session: Session,
  method: Exclude<Method, 'GET'>,
  path: string,
  body: unknown,
  made: z.ZodType<Made>,
): Promise<Outcome<Made>> {
  let answer: Answer;
  try {
    answer = await sendOnce(session, method, path, body);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    return { kind: 'in_doubt', reason: `a connection was lost (${error.message})` };
  }
  if (answer.status >= 500) {
    await sleep(pauseMs(answer, 0));
    return { kind: 'in_doubt', reason: explain(answer) };
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new Failure(`Not allowed to ${method} ${path}: ${explain(answer)}`);
  }
  if (answer.status >= 400) return { kind: 'refused', reason: explain(answer) };
  return { kind: 'done', made: made.parse(answer.body) };
}

/** A 429 says that nothing was done, so that one may be repeated. */
async function sendOnce(session: Session, method: Method, path: string, body: unknown): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await session.send(method, path, body);
    if (answer.status !== 429) return answer;
    await sleep(pauseMs(answer, tries));
  }
}

/**
 * All that is the organizer's own in a list, page by page.
 * @throws Failure when the list is refused
 */
export async function everyItem<Item>(session: Session, path: string, item: z.ZodType<Item>): Promise<Item[]> {
  const pageSchema = z.object({ items: z.array(item), next_cursor: z.string().nullable() });
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await persist(() => session.send('GET', `${path}?mine=true&limit=${PAGE}${after}`));
    if (answer.status !== 200) throw new Failure(`Could not list ${path}: ${explain(answer)}`);
    const page = pageSchema.parse(answer.body);
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}
